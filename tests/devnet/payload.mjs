// Prints signed payments, one JSON object a line: the body of POST /verify and /settle.
import { parseArgs } from 'node:util';
import { encodeHeader, makePayment } from './lib/eip3009.mjs';

const usage = `node payload.mjs --key 0x… --pay-to 0x… --asset 0x… [options]
  --x402-version 1|2      default 2
  --count N               default 1
  --key 0x…               the payer; repeat it to take turns
  --from 0x…              the payer, when it is a contract wallet that the key owns
  --pay-to, --asset       addresses
  --amount N              atoms, default 1000
  --network CAIP-2        default eip155:84532 (v1 payments carry its v1 name)
  --chain-id N            the chain signed for, when not the network's
  --name, --version       the token's EIP-712 domain, default USDC and 2
  --valid-after, --valid-before   seconds since 1970
  --max-timeout N         seconds, default 300
  --nonce 0x…             only with --count 1; default random
  --resource URL          what is paid for
  --header                print the value of the payment header instead`;

const { values: options } = parseArgs({
  options: {
    'x402-version': { type: 'string', default: '2' },
    count: { type: 'string', default: '1' },
    key: { type: 'string', multiple: true },
    from: { type: 'string' },
    'pay-to': { type: 'string' },
    asset: { type: 'string' },
    amount: { type: 'string', default: '1000' },
    network: { type: 'string', default: 'eip155:84532' },
    'chain-id': { type: 'string' },
    name: { type: 'string', default: 'USDC' },
    version: { type: 'string', default: '2' },
    'valid-after': { type: 'string' },
    'valid-before': { type: 'string' },
    'max-timeout': { type: 'string', default: '300' },
    nonce: { type: 'string' },
    resource: { type: 'string' },
    header: { type: 'boolean', default: false },
  },
});

const count = Number(options.count);
if (!options.key || !options['pay-to'] || !options.asset || (options.nonce !== undefined && count !== 1)) {
  console.error(usage);
  process.exit(2);
}

for (let index = 0; index < count; index++) {
  const payment = await makePayment({
    x402Version: Number(options['x402-version']),
    key: options.key[index % options.key.length],
    from: options.from,
    payTo: options['pay-to'],
    asset: options.asset,
    amount: options.amount,
    network: options.network,
    chainId: options['chain-id'] === undefined ? undefined : Number(options['chain-id']),
    name: options.name,
    version: options.version,
    validAfter: options['valid-after'],
    validBefore: options['valid-before'],
    maxTimeoutSeconds: Number(options['max-timeout']),
    nonce: options.nonce,
    resource: options.resource,
  });
  process.stdout.write(`${options.header ? encodeHeader(payment.paymentPayload) : JSON.stringify(payment)}\n`);
}
