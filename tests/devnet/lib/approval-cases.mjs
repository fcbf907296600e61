// The part of the table about payers by Permit2 who sign a transaction that approves it (extension erc20ApprovalGasSponsoring, version 2 only).
import { encodeFunctionData, erc20Abi, maxUint256, toFunctionSelector } from 'viem';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
import { chainIdOf } from './eip3009.mjs';
import { makePermit2Payment, permit2 } from './permit2.mjs';
import { fund } from './token.mjs';

const someoneElse = '0x00000000000000000000000000000000000A11cE';
const approve = (spender, amount) => encodeFunctionData({ abi: erc20Abi, functionName: 'approve', args: [spender, amount] });

/** What the client's part of the extension says: a signed transaction and a description of it. */
async function signApproval(world, key, transaction) {
  const account = privateKeyToAccount(key);
  const signedTransaction = await privateKeyToAccount(transaction.key ?? key).signTransaction({
    type: 'eip1559', chainId: chainIdOf(world.network), nonce: 0, gas: 70_000n, maxFeePerGas: 3_000_000_000n, maxPriorityFeePerGas: 1n,
    to: world.token, value: 0n, data: approve(permit2, maxUint256), ...transaction,
  });
  return { from: account.address, asset: world.token, spender: permit2, amount: String(maxUint256), signedTransaction, version: '1' };
}

/** A case whose payer has gas and no allowance; `transaction` changes what is signed, `change` what is said of it. */
const approving = (transaction = () => ({}), change = () => {}, wei = 10n ** 18n) => ({
  prepare: async (world) => {
    world.permit2Key = generatePrivateKey();
    await fund(world.rpc, privateKeyToAccount(world.permit2Key).address, { token: world.token, value: world.amount, wei });
  },
  pay: async (_, world) => {
    const payment = await makePermit2Payment({
      key: world.permit2Key, network: world.network, asset: world.token, name: world.domain.name, version: world.domain.version,
      payTo: world.payTo, amount: world.amount,
    });
    const info = await signApproval(world, world.permit2Key, transaction(world));
    change(info);
    payment.paymentPayload.extensions = { erc20ApprovalGasSponsoring: { info } };
    return payment;
  },
});

export const approvalCases = Object.entries({
  'approval: valid': approving(),
  'approval: legacy transaction': approving(() => ({ type: 'legacy', maxFeePerGas: undefined, maxPriorityFeePerGas: undefined, gasPrice: 3_000_000_000n })),
  'approval: only the seller\'s info': approving(undefined, (info) => { delete info.signedTransaction; }),
  'approval: amount is no number': approving(undefined, (info) => { info.amount = 'all'; }),
  'approval: from another': approving(undefined, (info) => { info.from = someoneElse; }),
  'approval: another asset': approving(undefined, (info) => { info.asset = someoneElse; }),
  'approval: another spender': approving(undefined, (info) => { info.spender = someoneElse; }),
  'approval: no transaction': approving(undefined, (info) => { info.signedTransaction = '0x02f8'; }),
  'approval: calls another contract': approving(() => ({ to: someoneElse })),
  'approval: calls another function': approving(() => ({ data: `${toFunctionSelector('transfer(address,uint256)')}${approve(permit2, 1n).slice(10)}` })),
  'approval: arguments are cut': approving(() => ({ data: approve(permit2, 1n).slice(0, 80) })),
  'approval: approves another': approving(() => ({ data: approve(someoneElse, maxUint256) })),
  'approval: signed by another key': approving((world) => ({ key: world.strangerKey })),
  'approval: one atom too little': approving((world) => ({ data: approve(permit2, world.amount - 1n) })),
  'approval: another chain': approving(() => ({ chainId: 1 })),
  'approval: a later nonce': approving(() => ({ nonce: 1 })),
  'approval: no coins for its gas': approving(undefined, undefined, 0n),
}).map(([name, entry]) => ({ name, versions: [2], ...entry }));
