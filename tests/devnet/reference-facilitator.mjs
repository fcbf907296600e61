// The reference TypeScript facilitator as an HTTP server: the other side of our verdict table and of our benchmarks.
//
// It is wired as the upstream example (x402-foundation/x402, examples/typescript/facilitator/basic) wires it:
// one viem client with wallet and public actions, viem's own defaults everywhere. What differs, and which way it leans:
// - registerExactEvmScheme instead of two register calls: it registers v2 for the chain and v1 for every v1 name.
// - No console.log hooks around each verify and settle, and node:http instead of express: a little faster.
// - Logs nothing. A thrown error still becomes HTTP 500 with its text, a missing member HTTP 400, as in the example.
// Receipt polling: viem polls every blockTime / 2, at least 0.5 s; the example's chain (baseSepolia, 2 s blocks) gives
// 1000 ms, and a chain that viem does not know 4000 ms. --polling-interval overrides it; say so beside a figure.
import { createServer } from 'node:http';
import { parseArgs } from 'node:util';
import { x402Facilitator } from '@x402/core/facilitator';
import { toFacilitatorEvmSigner } from '@x402/evm';
import { registerExactEvmScheme } from '@x402/evm/exact/facilitator';
import { createWalletClient, defineChain, http, nonceManager, publicActions } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { baseSepolia, skaleBaseSepoliaTestnet } from 'viem/chains';

const usage = `node reference-facilitator.mjs --rpc URL --chain-id N --key 0x… [options]
  --port N               default 0: any free one; the chosen one is printed
  --nonce-manager        give the account viem's nonceManager (the example has none)
  --polling-interval MS  receipt polling; default: viem's for the chain
  --wallet-factory 0x…   may be called to deploy a payer's wallet (ERC-6492); may be repeated
  --gas-price WEI        legacy transactions at this price (0 for a chain whose gas is free)`;

const bodyBytesMax = 100 * 1024; // The limit of express.json(), which the example uses.

function readOptions() {
  const { values } = parseArgs({
    options: {
      rpc: { type: 'string' },
      'chain-id': { type: 'string', default: '84532' },
      key: { type: 'string' },
      port: { type: 'string', default: '0' },
      'nonce-manager': { type: 'boolean', default: false },
      'polling-interval': { type: 'string' },
      'gas-price': { type: 'string' },
      'wallet-factory': { type: 'string', multiple: true, default: [] },
    },
  });
  if (!values.rpc || !values.key) {
    console.error(usage);
    process.exit(2);
  }
  return values;
}

function chainFor(id, rpcUrl) {
  const known = [baseSepolia, skaleBaseSepoliaTestnet].find((chain) => chain.id === id);
  const rpcUrls = { default: { http: [rpcUrl] } };
  return known !== undefined
    ? { ...known, rpcUrls }
    : defineChain({ id, name: `eip155:${id}`, nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 }, rpcUrls });
}

function createFacilitator(options) {
  const chain = chainFor(Number(options['chain-id']), options.rpc);
  const account = privateKeyToAccount(options.key, options['nonce-manager'] ? { nonceManager } : {});
  const pollingInterval = options['polling-interval'] === undefined ? undefined : Number(options['polling-interval']);
  const client = createWalletClient({ account, chain, transport: http(options.rpc), pollingInterval }).extend(publicActions);
  const price = options['gas-price'] === undefined ? {} : { gasPrice: BigInt(options['gas-price']) };
  const signer = toFacilitatorEvmSigner({
    address: account.address,
    getCode: (call) => client.getCode(call),
    readContract: (call) => client.readContract({ ...call, args: call.args ?? [] }),
    verifyTypedData: (call) => client.verifyTypedData(call),
    writeContract: (call) => client.writeContract({ ...call, args: call.args ?? [], ...price }),
    sendTransaction: (call) => client.sendTransaction({ ...call, ...price }),
    waitForTransactionReceipt: (call) => client.waitForTransactionReceipt(call),
  });
  const facilitator = registerExactEvmScheme(new x402Facilitator(), {
    signer, networks: `eip155:${chain.id}`, eip6492AllowedFactories: options['wallet-factory'],
  });
  // Without a signer that sends two transactions as one, which no public node does, it verifies such payments and says where they fail; it does not settle them.
  facilitator.registerExtension({ key: 'erc20ApprovalGasSponsoring' });
  return { facilitator, pollingIntervalMs: client.pollingInterval, address: account.address };
}

async function readJson(request) {
  const chunks = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += chunk.length;
    if (bytes > bodyBytesMax) { throw Object.assign(new Error('request entity too large'), { status: 413 }); }
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch (error) {
    throw Object.assign(error, { status: 400 });
  }
}

async function answerPayment(request, decide) {
  const body = await readJson(request);
  if (!body?.paymentPayload || !body?.paymentRequirements) {
    return { status: 400, body: { error: 'Missing paymentPayload or paymentRequirements' } };
  }
  return { status: 200, body: await decide(body.paymentPayload, body.paymentRequirements) };
}

async function answer(request, facilitator) {
  try {
    switch (`${request.method} ${request.url}`) {
      case 'POST /verify': return await answerPayment(request, (payload, terms) => facilitator.verify(payload, terms));
      case 'POST /settle': return await answerPayment(request, (payload, terms) => facilitator.settle(payload, terms));
      case 'GET /supported': return { status: 200, body: facilitator.getSupported() };
      default: return { status: 404, body: { error: 'Not found' } };
    }
  } catch (error) {
    return { status: error.status ?? 500, body: { error: error instanceof Error ? error.message : 'Unknown error' } };
  }
}

const options = readOptions();
const { facilitator, pollingIntervalMs, address } = createFacilitator(options);
const server = createServer(async (request, response) => {
  const { status, body } = await answer(request, facilitator);
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
});
server.listen(Number(options.port), '127.0.0.1', () => {
  console.log(JSON.stringify({ url: `http://127.0.0.1:${server.address().port}`, address, pollingIntervalMs }));
});
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => { server.close(() => process.exit(0)); server.closeAllConnections(); });
}
