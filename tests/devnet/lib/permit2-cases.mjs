// The Permit2 part of the table that two facilitators judge (version 2 only).
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
import { encodeFunctionData } from 'viem';
import { rpc } from './anvil.mjs';
import { nowSeconds, tokenDomain } from './eip3009.mjs';
import { exactProxy, makePermit2Payment, permit2, randomPermit2Nonce, signPermit } from './permit2.mjs';
import { fund, readContract, send, write } from './token.mjs';

const someoneElse = '0x00000000000000000000000000000000000A11cE';

/** A payer of its own, so that approvals of one case say nothing of another. */
async function newPayer(world, { approve = true, value = world.amount } = {}) {
  const key = generatePrivateKey();
  const { address } = privateKeyToAccount(key);
  await fund(world.rpc, address, { token: world.token, value });
  if (approve) {
    await rpc(world.rpc, 'anvil_impersonateAccount', address);
    await write(world.rpc, { address: world.token, functionName: 'approve', args: [permit2, 2n ** 256n - 1n], from: address });
  }
  return key;
}

const make = (world, key, changes = {}) => makePermit2Payment({
  key, network: world.network, asset: world.token, name: world.domain.name, version: world.domain.version, payTo: world.payTo, amount: world.amount, ...changes,
});

/** A case whose payer approved Permit2 and signed what `changes` says. */
const signed = (changes) => ({
  prepare: async (world) => { world.permit2Key = await newPayer(world); },
  pay: (_, world) => make(world, world.permit2Key, changes(world)),
});

/** A case whose payment is changed after it was signed. */
const edited = (change) => ({
  prepare: async (world) => { world.permit2Key = await newPayer(world); },
  pay: async (_, world) => {
    const payment = await make(world, world.permit2Key);
    change(payment.paymentPayload.payload, payment, world);
    return payment;
  },
});

const sign = { from: (world) => privateKeyToAccount(world.permit2Key).address };

const withoutProxy = {
  prepare: async (world) => {
    world.permit2Key = await newPayer(world);
    world.proxyCode = await rpc(world.rpc, 'eth_getCode', exactProxy, 'latest');
    await rpc(world.rpc, 'anvil_setCode', exactProxy, '0x');
  },
  pay: (_, world) => make(world, world.permit2Key),
  restore: (world) => rpc(world.rpc, 'anvil_setCode', exactProxy, world.proxyCode),
};

const usedNonce = {
  prepare: async (world) => {
    world.permit2Key = await newPayer(world, { value: world.amount * 2n });
    world.permit2Nonce = randomPermit2Nonce();
    const { permit2Authorization: a, signature } = (await make(world, world.permit2Key, { nonce: world.permit2Nonce })).paymentPayload.payload;
    const { abi } = readContract('TestX402ExactPermit2Proxy');
    const args = [
      { permitted: { token: a.permitted.token, amount: BigInt(a.permitted.amount) }, nonce: BigInt(a.nonce), deadline: BigInt(a.deadline) },
      a.from, { to: a.witness.to, validAfter: BigInt(a.witness.validAfter) }, signature,
    ];
    await send(world.rpc, { from: world.owner, to: exactProxy, data: encodeFunctionData({ abi, functionName: 'settle', args }) });
  },
  pay: (_, world) => make(world, world.permit2Key, { nonce: world.permit2Nonce }),
};

const payerWith = (options) => ({
  prepare: async (world) => { world.permit2Key = await newPayer(world, options(world)); },
  pay: (_, world) => make(world, world.permit2Key),
});

/** A payer who did not approve Permit2 and signed an approval beside the payment; `change` spoils its info, `terms` what is signed. */
const sponsored = (change = () => {}, terms = () => ({})) => ({
  prepare: async (world) => { world.permit2Key = await newPayer(world, { approve: false }); },
  pay: async (_, world) => {
    const payment = await make(world, world.permit2Key);
    const info = await signPermit({
      key: world.permit2Key, domain: tokenDomain(world.domain), value: world.amount, nonce: 0, deadline: nowSeconds() + 300, ...terms(world),
    });
    change(info, world);
    payment.paymentPayload.extensions = { eip2612GasSponsoring: { info } };
    return payment;
  },
});

const table = {
  'permit2: valid': signed(() => ({})),
  'permit2: v is 0 or 1': edited((payload) => {
    payload.signature = `${payload.signature.slice(0, 130)}${payload.signature.endsWith('1b') ? '00' : '01'}`;
  }),
  'permit2: signature of another key': signed((world) => ({ key: world.strangerKey, from: sign.from(world) })),
  'permit2: signature of 64 bytes': edited((payload) => { payload.signature = payload.signature.slice(0, 130); }),
  'permit2: spender is not the proxy': signed(() => ({ spender: someoneElse })),
  'permit2: witness pays another': signed(() => ({ to: someoneElse })),
  'permit2: witness changed after signing': edited((payload, payment) => {
    payload.permit2Authorization.witness.to = payment.paymentRequirements.payTo = payment.paymentPayload.accepted.payTo = someoneElse;
  }),
  'permit2: deadline is over': signed(() => ({ deadline: nowSeconds() - 1 })),
  'permit2: deadline in 5 s': signed(() => ({ deadline: nowSeconds() + 5 })),
  'permit2: not yet valid': signed(() => ({ validAfter: nowSeconds() + 60 })),
  'permit2: one atom too little': signed((world) => ({ permitted: world.amount - 1n })),
  'permit2: one atom too much': signed((world) => ({ permitted: world.amount + 1n })),
  'permit2: another token': signed(() => ({ token: someoneElse })),
  'permit2: chain of another': signed(() => ({ chainId: 1 })),
  'permit2: nonce used': usedNonce,
  'permit2: no funds': payerWith(() => ({ value: 0n })),
  'permit2: no allowance': payerWith(() => ({ approve: false })),
  'permit2: no allowance, no funds': payerWith(() => ({ approve: false, value: 0n })),
  'permit2: no proxy on the chain': withoutProxy,
  'permit2: eip3009 terms': edited((_, payment) => {
    delete payment.paymentRequirements.extra.assetTransferMethod;
    delete payment.paymentPayload.accepted.extra.assetTransferMethod;
  }),
  'permit2: terms without a token name': edited((_, payment) => {
    payment.paymentRequirements.extra = { assetTransferMethod: 'permit2' };
    payment.paymentPayload.accepted.extra = { assetTransferMethod: 'permit2' };
  }),
  'permit2: nonce is no number': edited((payload) => { payload.permit2Authorization.nonce = '0x01'; }),
  'permit2: no witness': edited((payload) => { delete payload.permit2Authorization.witness; }),
  'eip2612: valid': sponsored(),
  'eip2612: only the seller\'s info': sponsored((info) => { for (const name of Object.keys(info)) { if (name !== 'version') { delete info[name]; } } }),
  'eip2612: from another': sponsored((info) => { info.from = someoneElse; }),
  'eip2612: another asset': sponsored((info) => { info.asset = someoneElse; }),
  'eip2612: another spender': sponsored((info) => { info.spender = someoneElse; }),
  'eip2612: another amount': sponsored(() => {}, (world) => ({ value: world.amount + 1n })),
  'eip2612: another nonce': sponsored(() => {}, () => ({ nonce: 7 })),
  'eip2612: deadline in 5 s': sponsored(() => {}, () => ({ deadline: nowSeconds() + 5 })),
  'eip2612: amount is no number': sponsored((info) => { info.amount = 'all'; }),
  'eip2612: signature of 64 bytes': sponsored((info) => { info.signature = info.signature.slice(0, 130); }),
  'eip2612: signature of another key': sponsored((info) => { info.signature = `${info.signature.slice(0, 20)}00${info.signature.slice(22)}`; }),
  'permit2: eip3009 payload': {
    pay: async (makeEip3009) => {
      const payment = await makeEip3009();
      payment.paymentRequirements.extra.assetTransferMethod = payment.paymentPayload.accepted.extra.assetTransferMethod = 'permit2';
      return payment;
    },
  },
};

/** Every Permit2 case in the order it is judged. */
export const permit2Cases = Object.entries(table).map(([name, entry]) => ({ name, versions: [2], ...entry }));
