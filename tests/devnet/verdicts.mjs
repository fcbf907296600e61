// Lets two facilitators judge one table of payments (POST <base>/verify) and prints both verdicts as JSON.
// The chain must be an anvil whose token is contracts/TestUsdc.sol: the cases pause it, blacklist, deploy wallets.
// Exit code 0 when every case was answered by both; whether they should agree is for the reader of the table to say.
import { parseArgs } from 'node:util';
import { privateKeyToAccount } from 'viem/accounts';
import { cases, createWorld } from './lib/cases.mjs';
import { installMulticall3, installPermit2 } from './lib/token.mjs';
import { v1Names } from './lib/eip3009.mjs';

const usage = `node verdicts.mjs --reference URL --ours URL --rpc URL --token 0x… --key 0x… --pay-to 0x… [options]
  --network CAIP-2   default eip155:84532; its v1 name must be known
  --amount N         atoms, default 1000
  --istanbul         the chain has the rules of before london (no PUSH0)
  --wallet-factory 0x…   a TestWalletFactory that both allow, and
  --unlisted-factory 0x… one that neither does; without them no wallet is judged that is not deployed
  --only TEXT        cases whose name holds the text`;

const { values: options } = parseArgs({
  options: {
    reference: { type: 'string' },
    ours: { type: 'string' },
    rpc: { type: 'string' },
    token: { type: 'string' },
    key: { type: 'string' },
    'pay-to': { type: 'string' },
    network: { type: 'string', default: 'eip155:84532' },
    amount: { type: 'string', default: '1000' },
    istanbul: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
    'wallet-factory': { type: 'string' },
    'unlisted-factory': { type: 'string' },
  },
});
if (['reference', 'ours', 'rpc', 'token', 'key', 'pay-to'].some((name) => !options[name]) || !(options.network in v1Names)) {
  console.error(usage);
  process.exit(2);
}

/** One facilitator's answer; status 0 when there was none. */
async function ask(base, payment) {
  try {
    const response = await fetch(`${base}/verify`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(payment),
      signal: AbortSignal.timeout(60_000),
    });
    const text = await response.text();
    return { status: response.status, body: asJson(text) };
  } catch (error) {
    return { status: 0, body: error.message };
  }
}

function asJson(text) {
  try { return JSON.parse(text); } catch { return text; }
}

const accepts = ({ status, body }) => status === 200 && body?.isValid === true;
const reasonOf = ({ status, body }) => body?.invalidReason ?? (accepts({ status, body }) ? null : `http_${status}`);

async function judge(world, { name, prepare, pay, restore }, x402Version) {
  await prepare?.(world);
  try {
    const payment = await pay(world.makerFor(x402Version), world);
    const [reference, ours] = [await ask(options.reference, payment), await ask(options.ours, payment)];
    return {
      case: name,
      x402Version,
      sameVerdict: accepts(reference) === accepts(ours),
      sameReason: reasonOf(reference) === reasonOf(ours),
      reference,
      ours,
    };
  } finally {
    await restore?.(world);
  }
}

await installMulticall3(options.rpc, { istanbul: options.istanbul });
await installPermit2(options.rpc, { istanbul: options.istanbul });
const world = await createWorld({
  rpc: options.rpc,
  network: options.network,
  token: options.token,
  payerKey: options.key,
  payTo: options['pay-to'],
  amount: BigInt(options.amount),
  istanbul: options.istanbul,
  walletFactory: options['wallet-factory'],
  unlistedFactory: options['unlisted-factory'],
});

const rows = [];
for (const x402Version of [2, 1]) {
  for (const entry of cases.filter(({ name, versions, needsFactory }) => name.includes(options.only)
    && (versions ?? [2, 1]).includes(x402Version) && (!needsFactory || world.walletFactory !== undefined))) {
    rows.push(await judge(world, entry, x402Version));
  }
}
console.log(`[\n${rows.map((row) => `  ${JSON.stringify(row)}`).join(',\n')}\n]`);

const differing = rows.filter(({ sameVerdict }) => !sameVerdict).length;
console.error(`${rows.length} payments of ${privateKeyToAccount(options.key).address} judged, ${differing} verdicts differ, `
  + `${rows.filter(({ sameReason }) => !sameReason).length} reasons differ.`);
process.exitCode = rows.some(({ reference, ours }) => reference.status === 0 || ours.status === 0) ? 1 : 0;
