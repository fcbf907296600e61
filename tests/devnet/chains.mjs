// The local chains of `./agentpay up --devnet`: started once for a data folder, described in its chains.json, and kept while an engine uses them.
//   node chains.mjs start --data DIR   starts them, or finds them running; ends when they answer
//   node chains.mjs keep --data DIR    what `start` leaves behind
// The chains outlive an engine that was killed, so that it can be started again on the same data. They stop, their state saved, when the engine
// removes DIR/engine.pid, and by themselves when no engine came back for ten minutes.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { keccak256, toBytes } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { rpc, startAnvil, zeroGasArguments } from './lib/anvil.mjs';
import { deployToken, fund, installMulticall3, installPermit2 } from './lib/token.mjs';

const startTimeoutMs = 60_000;
const abandonedAfterMs = 10 * 60_000;
const payers = 20;
const payerAtoms = 1_000_000_000_000n;

const networks = [
  { chainId: 84532, istanbul: false, args: [] },
  { chainId: 324705682, istanbul: true, args: zeroGasArguments },
];

const { values: options, positionals: [command] } = parseArgs({ allowPositionals: true, options: { data: { type: 'string' } } });
if (options.data === undefined || !['start', 'keep'].includes(command)) {
  console.error('Usage: node chains.mjs start|keep --data DIR');
  process.exit(2);
}

const file = (name) => join(options.data, name);
const pause = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

/** Keys that everyone knows: never send anything of value to them. */
function account(role, number) {
  const privateKey = keccak256(toBytes(`agentpay devnet ${role} ${number}`));
  return { address: privateKeyToAccount(privateKey).address, privateKey, role };
}

const accounts = [
  ...Array.from({ length: payers }, (_, index) => account('payer', index + 1)),
  account('merchant', 1),
  account('facilitator', 1),
];

/** The chains of this folder when all of them answer; undefined otherwise. */
async function running() {
  if (!existsSync(file('chains.json'))) { return undefined; }
  const described = JSON.parse(readFileSync(file('chains.json'), 'utf8'));
  try {
    for (const chain of described.chains) {
      const code = await rpc(chain.rpc, 'eth_getCode', chain.tokens[0].address, 'latest');
      if (BigInt(await rpc(chain.rpc, 'eth_chainId')) !== BigInt(chain.network.slice('eip155:'.length)) || code === '0x') { return undefined; }
    }
    return described;
  } catch {
    return undefined; // A folder whose chains are gone: they are started again from their saved state.
  }
}

async function start() {
  mkdirSync(options.data, { recursive: true });
  if (await running()) { return; }
  rmSync(file('chains.json'), { force: true });
  const log = openSync(file('chains.log'), 'a');
  const keeper = spawn(process.execPath, [fileURLToPath(import.meta.url), 'keep', '--data', options.data], { detached: true, stdio: ['ignore', log, log] });
  let ended = false;
  keeper.once('exit', () => { ended = true; });
  const deadline = Date.now() + startTimeoutMs;
  while (!(await running())) {
    if (ended || Date.now() > deadline) {
      console.error(`The local chains did not start; see ${file('chains.log')}.`);
      process.exit(1);
    }
    await pause(50);
  }
  keeper.unref();
}

async function startChain({ chainId, istanbul, args }) {
  const chain = await startAnvil({ chainId, args: [...args, '--state', file(`chain-${chainId}.state`), '--state-interval', '2'] });
  const remembered = file(`chain-${chainId}.token`);
  let token = existsSync(remembered) ? readFileSync(remembered, 'utf8') : undefined;
  if (token === undefined || (await rpc(chain.url, 'eth_getCode', token, 'latest')) === '0x') {
    token = await deployToken(chain.url, { istanbul });
    await installMulticall3(chain.url, { istanbul });
    await installPermit2(chain.url, { istanbul });
    for (const { address, role } of accounts) {
      await fund(chain.url, address, { token, value: role === 'payer' ? payerAtoms : 0n });
    }
    writeFileSync(remembered, token);
  }
  const described = {
    network: `eip155:${chainId}`,
    rpc: chain.url,
    tokens: [{ address: token, name: 'USDC', version: '2', decimals: 6 }],
    accounts,
  };
  return { chain, described };
}

async function keep() {
  const chains = [];
  const stop = async () => {
    rmSync(file('chains.json'), { force: true });
    for (const { chain } of chains) { await chain.stop(); }
    process.exit(0);
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  for (const network of networks) { chains.push(await startChain(network)); }
  writeFileSync(file('chains.json.new'), JSON.stringify({ keeper: process.pid, chains: chains.map(({ described }) => described) }, null, 2));
  renameSync(file('chains.json.new'), file('chains.json'));

  let aloneSince = Date.now();
  let wasUsed = false;
  for (;;) {
    await pause(500);
    const pid = existsSync(file('engine.pid')) ? Number(readFileSync(file('engine.pid'), 'utf8')) : undefined;
    if (pid === undefined && wasUsed) { await stop(); }
    wasUsed ||= pid !== undefined;
    if (pid !== undefined && isAlive(pid)) { aloneSince = Date.now(); }
    if (Date.now() - aloneSince > abandonedAfterMs) { await stop(); }
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

await (command === 'start' ? start() : keep());
