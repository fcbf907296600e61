// What `./agentpay demo --keep` prints while it keeps running: how to pay again, by hand and with the client.
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

const { values } = parseArgs({ options: { 'devnet-file': { type: 'string' } } });
const devnet = JSON.parse(readFileSync(values['devnet-file'], 'utf8'));
const [chain] = devnet.chains;
const payer = chain.accounts.find(({ role }) => role === 'payer');
const merchant = chain.accounts.find(({ role }) => role === 'merchant');

console.log(`
Everything keeps running. Ctrl-C ends it.

See the terms:
  curl -i ${devnet.demo}

Pay again with the client (an agent on @x402/fetch):
  node tests/devnet/agent.mjs ${devnet.demo} --key ${payer.privateKey}

Pay again with curl (the payment is signed first, then sent as a header):
  curl -i ${devnet.demo} -H "PAYMENT-SIGNATURE: $(node tests/devnet/payload.mjs --header --key ${payer.privateKey} --pay-to ${merchant.address} --asset ${chain.tokens[0].address} --amount 1000 --max-timeout 120)"

Accounts, tokens and chains: ${values['devnet-file']}
`);
