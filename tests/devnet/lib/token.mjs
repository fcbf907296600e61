// Contracts on a local chain. All transactions are sent by accounts that anvil unlocks (its own, or impersonated ones),
// so nothing here needs a key. Gas costs what the chain says: the same code serves chains with and without a gas price.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { encodeDeployData, encodeFunctionData, decodeFunctionResult, toHex } from 'viem';
import { rpc } from './anvil.mjs';

// The package exports no path to it.
const { multicall3Bytecode } = createRequire(import.meta.url)(fileURLToPath(new URL('../node_modules/viem/_cjs/constants/contracts.js', import.meta.url)));
const multicall3 = '0xcA11bde05977b3631167028862bE2a173976CA11';
const permit2 = '0x000000000022D473030F116dDEE9F6B43aC78BA3';
const exactPermit2Proxy = '0x402085c248EeA27D92E8b30b2C58ed07f9E20001';
const receiptTimeoutMs = 20_000;

/** @returns {{abi: object[], bytecode: `0x${string}`}} a compiled contract of ../contracts. */
export function readContract(name, { istanbul = false } = {}) {
  const file = new URL(`../contracts/${name}${istanbul ? '.istanbul' : ''}.json`, import.meta.url);
  return JSON.parse(readFileSync(file, 'utf8'));
}

/**
 * Sends from an unlocked account and waits for the receipt; a reverted transaction is an error.
 * Legacy transactions, because chains of before london know no other.
 */
export async function send(url, transaction) {
  const hash = await rpc(url, 'eth_sendTransaction', { gasPrice: await rpc(url, 'eth_gasPrice'), ...transaction });
  const deadline = Date.now() + receiptTimeoutMs;
  for (;;) { // Anvil may answer a moment before the block exists.
    const receipt = await rpc(url, 'eth_getTransactionReceipt', hash);
    if (receipt !== null) {
      if (receipt.status !== '0x1') { throw new Error(`Transaction ${hash} reverted.`); }
      return receipt;
    }
    if (Date.now() > deadline) { throw new Error(`Transaction ${hash} has no receipt.`); }
    await new Promise((resolve) => { setTimeout(resolve, 10); });
  }
}

/** @returns {Promise<string>} the address of the new contract. */
export async function deploy(url, name, args = [], { from, istanbul = false } = {}) {
  const { abi, bytecode } = readContract(name, { istanbul });
  const data = encodeDeployData({ abi, bytecode, args });
  const receipt = await send(url, { from: from ?? (await rpc(url, 'eth_accounts'))[0], data });
  return receipt.contractAddress;
}

/** Calls a function of a contract as a transaction. */
export async function write(url, { address, contract = 'TestUsdc', functionName, args, from }) {
  const { abi } = readContract(contract);
  return send(url, { from, to: address, data: encodeFunctionData({ abi, functionName, args }) });
}

/** Reads from a contract. */
export async function read(url, { address, contract = 'TestUsdc', functionName, args = [] }) {
  const { abi } = readContract(contract);
  const data = await rpc(url, 'eth_call', { to: address, data: encodeFunctionData({ abi, functionName, args }) }, 'latest');
  return decodeFunctionResult({ abi, functionName, data });
}

/** Deploys a TestUsdc; its owner is the sender. */
export function deployToken(url, { name = 'USDC', version = '2', from, istanbul = false } = {}) {
  return deploy(url, 'TestUsdc', [name, version], { from, istanbul });
}

/** Mints as the owner of the token, whoever that is. */
export async function mint(url, token, to, value) {
  await write(url, { address: token, functionName: 'mint', args: [to, value], from: await ownerOf(url, token) });
}

/** Gives an account native coin for gas, and token atoms when a token is named. */
export async function fund(url, account, { wei = 10n ** 20n, token, value = 0n } = {}) {
  await rpc(url, 'anvil_setBalance', account, toHex(wei));
  if (token !== undefined && value > 0n) { await mint(url, token, account, value); }
}

/** The token's owner, unlocked and with enough gas: the controls of a test need no key. */
export async function ownerOf(url, token) {
  const owner = await read(url, { address: token, functionName: 'owner' });
  await rpc(url, 'anvil_impersonateAccount', owner);
  if (BigInt(await rpc(url, 'eth_getBalance', owner, 'latest')) < 10n ** 18n) { await fund(url, owner); }
  return owner;
}

/** Puts the published Multicall3, as viem carries it, where public chains have it, if there is none. */
export const installMulticall3 = (url) => place(url, multicall3, multicall3Bytecode);

/** Puts Permit2 and the x402 proxy for scheme exact where public chains have them, if there are none. */
export async function installPermit2(url, options) {
  await install(url, permit2, 'TestPermit2', options);
  await install(url, exactPermit2Proxy, 'TestX402ExactPermit2Proxy', options);
}

async function install(url, address, contract, options) {
  await place(url, address, encodeDeployData({ ...readContract(contract, options), args: [] }));
}

async function place(url, address, data) {
  if (await rpc(url, 'eth_getCode', address, 'latest') !== '0x') { return; }
  const [from] = await rpc(url, 'eth_accounts');
  const { contractAddress } = await send(url, { from, data });
  await rpc(url, 'anvil_setCode', address, await rpc(url, 'eth_getCode', contractAddress, 'latest'));
}
