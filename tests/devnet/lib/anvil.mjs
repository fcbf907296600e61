// A local EVM chain: the anvil binary of the pinned npm package, on a free port of the loopback interface.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const binary = fileURLToPath(new URL('../node_modules/@foundry-rs/anvil-linux-amd64/bin/anvil', import.meta.url));
const startTimeoutMs = 20_000;

/** Arguments that make anvil behave like a SKALE chain: gas costs nothing, rules from before EIP-1559. */
export const zeroGasArguments = ['--gas-price', '0', '--base-fee', '0', '--no-priority-fee', '--hardfork', 'istanbul'];

/**
 * Starts anvil and resolves when it listens.
 * @param {{chainId: number, port?: number, args?: string[]}} options port 0 (the default) takes any free port.
 * @returns {Promise<{url: string, process: import('node:child_process').ChildProcess, stop: () => Promise<void>}>}
 */
export async function startAnvil({ chainId, port = 0, args = [] }) {
  const child = spawn(
    binary,
    ['--host', '127.0.0.1', '--port', String(port), '--chain-id', String(chainId), ...args],
    { stdio: ['ignore', 'pipe', 'pipe'] });
  const stopped = new Promise((resolve) => { child.once('close', resolve); });
  const stop = async () => { child.kill('SIGTERM'); await stopped; };
  const stopWithUs = () => { child.kill('SIGKILL'); }; // No chain outlives the program that started it, even one that threw.
  process.once('exit', stopWithUs);
  child.once('exit', () => { process.off('exit', stopWithUs); });
  try {
    return { url: `http://${await listenAddress(child)}`, process: child, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The address is read from what anvil says of itself, so that two chains never race for one port. */
function listenAddress(child) {
  return new Promise((resolve, reject) => {
    let output = '';
    const timer = setTimeout(() => { reject(new Error(`anvil does not answer:\n${output}`)); }, startTimeoutMs);
    const read = (text) => {
      output += text;
      const listening = /Listening on (\S+)/.exec(output);
      if (listening === null) { return; }
      clearTimeout(timer);
      child.stdout.off('data', read).resume(); // Keep draining: a full pipe would stop anvil.
      child.stderr.off('data', read).resume();
      resolve(listening[1]);
    };
    child.stdout.setEncoding('utf8').on('data', read);
    child.stderr.setEncoding('utf8').on('data', read);
    child.once('error', reject);
    child.once('exit', (code) => { clearTimeout(timer); reject(new Error(`anvil ended with code ${code}:\n${output}`)); });
  });
}

/** One JSON-RPC call. An error answer is thrown with its code and data. */
export async function rpc(url, method, ...params) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
  });
  const { result, error } = await response.json();
  if (error !== undefined) {
    throw Object.assign(new Error(`${method}: ${error.code} ${error.message}`), { code: error.code, data: error.data });
  }
  return result;
}
