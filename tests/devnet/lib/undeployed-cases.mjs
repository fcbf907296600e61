// The part of the table about payers whose wallet is not deployed (ERC-6492): its key signs, and the signature says which factory deploys it and how.
import { decodeFunctionResult, encodeFunctionData, toFunctionSelector, zeroAddress } from 'viem';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
import { serializeErc6492Signature } from 'viem/utils';
import { rpc } from './anvil.mjs';
import { mint, readContract, send } from './token.mjs';

const { abi } = readContract('TestWalletFactory');
const magic = '6492'.repeat(16);

/** A wallet of its own for each case and version: nobody deployed it before. */
async function newWallet(world) {
  const key = generatePrivateKey();
  const data = encodeFunctionData({ abi, functionName: 'createAccount', args: [privateKeyToAccount(key).address] });
  const answer = await rpc(world.rpc, 'eth_call', { to: world.walletFactory, data }, 'latest');
  const from = decodeFunctionResult({ abi, functionName: 'createAccount', data: answer });
  await mint(world.rpc, world.token, from, world.amount);
  return { key, data, from };
}

/** A case whose payment is signed by the wallet's key; `wrap` says how the signature is wrapped. */
const undeployed = (wrap, { prepare, change } = {}) => ({
  needsFactory: true,
  prepare: async (world) => {
    world.undeployed = await newWallet(world);
    await prepare?.(world);
  },
  pay: async (make, world) => {
    const { key, data, from } = world.undeployed;
    const payment = await make({ key, from, ...change?.(world) });
    const { payload } = payment.paymentPayload;
    payload.signature = wrap({ address: world.walletFactory, data, signature: payload.signature }, world);
    return payment;
  },
});

const wrapped = (changes = () => ({})) => (parts, world) => serializeErc6492Signature({ ...parts, ...changes(world) });
const deploy = (world) => send(world.rpc, { from: world.owner, to: world.walletFactory, data: world.undeployed.data });
const calling = (signature) => undeployed(wrapped(() => ({ data: toFunctionSelector(signature) })));

export const undeployedCases = Object.entries({
  'valid: wallet is not deployed': undeployed(wrapped()),
  'valid: wallet is deployed, signature is wrapped': undeployed(wrapped(), { prepare: deploy }),
  'undeployed: factory is on no list': undeployed(wrapped((world) => ({ address: world.unlistedFactory }))),
  'undeployed: factory is the zero address': undeployed(wrapped(() => ({ address: zeroAddress }))),
  'undeployed: signature is not wrapped': undeployed(({ signature }) => signature),
  'undeployed: signature of another key': undeployed(wrapped(), { change: (world) => ({ key: world.strangerKey }) }),
  'undeployed: signature is wrapped twice': undeployed((parts) => serializeErc6492Signature({ ...parts, signature: serializeErc6492Signature(parts) })),
  'undeployed: nothing is in the wrapper': undeployed(({ signature }) => signature + magic),
  'undeployed: factory reverts': calling('refuse()'),
  'undeployed: factory deploys nothing': calling('pretend()'),
  'undeployed: factory burns all gas': calling('burn()'),
  'undeployed: a plain key names a factory': undeployed(wrapped(), { change: (world) => ({ key: world.key, from: world.payer }) }),
  'undeployed: no funds': undeployed(wrapped(), { change: (world) => ({ amount: world.amount * 2n }) }),
}).map(([name, entry]) => ({ name, ...entry }));
