// The table of payments that two facilitators judge. Each case is a payment of one honest token with one thing changed;
// `prepare` changes the chain before both are asked, `restore` undoes it.
import { hexToBigInt, toHex } from 'viem';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
import { makePayment, nowSeconds, randomNonce, signCancel, tokenDomain } from './eip3009.mjs';
import { approvalCases } from './approval-cases.mjs';
import { permit2Cases } from './permit2-cases.mjs';
import { undeployedCases } from './undeployed-cases.mjs';
import { deploy, fund, mint, ownerOf, read, write } from './token.mjs';

const curveOrder = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
const someoneElse = '0x00000000000000000000000000000000000A11cE';
const withoutCode = '0x000000000000000000000000000000000000C0dE';

// Changes of a signature (65 bytes: r, s, v).

function mapSignature(payment, change) {
  const { payload } = payment.paymentPayload;
  payload.signature = change(payload.signature);
  return payment;
}

const withV = (v) => (signature) => `${signature.slice(0, 130)}${v(parseInt(signature.slice(130), 16)).toString(16).padStart(2, '0')}`;

function flipBit(signature) {
  const lastOfR = parseInt(signature[65], 16);
  return `${signature.slice(0, 65)}${(lastOfR ^ 1).toString(16)}${signature.slice(66)}`;
}

/** The other valid form of the same ECDSA signature, which EIP-2 forbids: s becomes n - s and v flips. */
function highS(signature) {
  const s = toHex(curveOrder - hexToBigInt(`0x${signature.slice(66, 130)}`), { size: 32 }).slice(2);
  return withV((v) => (v === 27 ? 28 : 27))(`${signature.slice(0, 66)}${s}${signature.slice(130)}`);
}

// Changes of a payment. A change of the authorization after signing also breaks the signature; where the point is a rule
// and not the signature, the case signs the changed value instead.

function editAuthorization(payment, change) {
  Object.assign(payment.paymentPayload.payload.authorization, change);
  return payment;
}

/** Changes the requirements and, in v2, the client's echo of them. */
function editTerms(payment, change) {
  Object.assign(payment.paymentRequirements, change);
  if (payment.paymentPayload.accepted !== undefined) { Object.assign(payment.paymentPayload.accepted, change); }
  return payment;
}

/** The price that is asked, when the payer signed another amount. */
const askAmount = (payment, amount) =>
  editTerms(payment, payment.x402Version === 1 ? { maxAmountRequired: amount } : { amount });

function permit2Shaped(payment) {
  const { authorization, signature } = payment.paymentPayload.payload;
  payment.paymentPayload.payload = {
    signature,
    permit2Authorization: {
      permitted: { token: payment.paymentRequirements.asset, amount: authorization.value },
      from: authorization.from,
      spender: '0x402085c248EeA27D92E8b30b2C58ed07f9E20001',
      nonce: '1',
      deadline: authorization.validBefore,
      witness: { to: authorization.to, validAfter: '0' },
    },
  };
  return payment;
}

/** Cases that are told by the payment alone. `make` signs a payment with the given options changed. */
const paymentCases = {
  'valid': (make) => make(),
  'valid: addresses in lower case': async (make) => {
    const payment = await make();
    editAuthorization(payment, { from: payment.paymentPayload.payload.authorization.from.toLowerCase() });
    return editTerms(payment, { payTo: payment.paymentRequirements.payTo.toLowerCase() });
  },
  'signature: v is 0 or 1': async (make) => mapSignature(await make(), withV((v) => v - 27)),
  'signature: of another key': async (make, world) => make({ key: world.strangerKey, from: world.payer }),
  'signature: one bit flipped': async (make) => mapSignature(await make(), flipBit),
  'signature: high s': async (make) => mapSignature(await make(), highS),
  'signature: v is 29': async (make) => mapSignature(await make(), withV(() => 29)),
  'signature: 64 bytes': async (make) => mapSignature(await make(), (signature) => signature.slice(0, 130)),
  'signature: 66 bytes': async (make) => mapSignature(await make(), (signature) => `${signature}00`),
  'signature: empty': async (make) => mapSignature(await make(), () => '0x'),
  'signature: not hexadecimal': async (make) => mapSignature(await make(), (signature) => `${signature.slice(0, -2)}zz`),
  'recipient: not payTo': async (make) => editTerms(await make({ payTo: someoneElse }), { payTo: (await make()).paymentRequirements.payTo }),
  'recipient: changed after signing': async (make) => editAuthorization(await make(), { to: someoneElse }),
  'amount: one atom too little': async (make, { amount }) => askAmount(await make({ amount: amount - 1n }), String(amount)),
  'amount: one atom too much': async (make, { amount }) => askAmount(await make({ amount: amount + 1n }), String(amount)),
  'amount: 0 signed, price asked': async (make, { amount }) => askAmount(await make({ amount: 0n }), String(amount)),
  'amount: 0 signed, 0 asked': (make) => make({ amount: 0n }),
  'amount: 2^256 - 1 signed and asked': (make) => make({ amount: 2n ** 256n - 1n }),
  'amount: 2^256 - 1 signed, price asked': async (make, { amount }) => askAmount(await make({ amount: 2n ** 256n - 1n }), String(amount)),
  'window: expired': (make) => make({ validBefore: nowSeconds() - 1 }),
  'window: expires in 5 s': (make) => make({ validBefore: nowSeconds() + 5 }),
  'window: expires in 7 s': (make) => make({ validBefore: nowSeconds() + 7 }),
  'window: not yet valid': (make) => make({ validAfter: nowSeconds() + 60 }),
  'chain: signed for another': (make) => make({ chainId: 1 }),
  'network: terms name another': async (make) => {
    const payment = await make();
    payment.paymentRequirements.network = payment.x402Version === 1 ? 'base' : 'eip155:8453';
    return payment;
  },
  'network: unknown': async (make) => {
    const payment = editTerms(await make(), { network: 'eip155:999999999' });
    if (payment.x402Version === 1) { payment.paymentPayload.network = payment.paymentRequirements.network = 'no-such-network'; }
    return payment;
  },
  'scheme: unknown': async (make) => {
    const payment = editTerms(await make(), { scheme: 'no-such-scheme' });
    if (payment.x402Version === 1) { payment.paymentPayload.scheme = 'no-such-scheme'; }
    return payment;
  },
  'version: 3': async (make) => {
    const payment = await make();
    payment.x402Version = payment.paymentPayload.x402Version = 3;
    return payment;
  },
  'token: no domain in extra': async (make) => editTerms(await make(), { extra: {} }),
  'token: wrong name': (make) => make({ name: 'No Such Coin' }),
  'token: wrong version': (make) => make({ version: '99' }),
  'token: address without code': (make) => make({ asset: withoutCode }),
  'payer: no funds': async (make, world) => make({ key: world.strangerKey }),
  'malformed: nonce of 31 bytes': async (make) => editAuthorization(await make(), { nonce: `0x${'11'.repeat(31)}` }),
  'malformed: from is no address': async (make) => editAuthorization(await make(), { from: '0x1234' }),
  'malformed: payTo is null': async (make) => editTerms(await make(), { payTo: null }),
  'malformed: value is a number': async (make, { amount }) => editAuthorization(await make(), { value: Number(amount) }),
  'malformed: value is "abc"': async (make) => editAuthorization(await make(), { value: 'abc' }),
  'malformed: value has a leading zero': async (make, { amount }) => editAuthorization(await make(), { value: `0${amount}` }),
  'malformed: value is negative': async (make, { amount }) => editAuthorization(await make(), { value: `-${amount}` }),
  'malformed: value is 2^256': async (make) => editAuthorization(await make(), { value: String(2n ** 256n) }),
  'malformed: value has a fraction': async (make, { amount }) => editAuthorization(await make(), { value: `${amount}.0` }),
  'malformed: validBefore is a number': async (make) => editAuthorization(await make(), { validBefore: nowSeconds() + 300 }),
  'malformed: payload is a string': async (make) => {
    const payment = await make();
    payment.paymentPayload.payload = 'paid';
    return payment;
  },
  'malformed: no authorization': async (make) => {
    const payment = await make();
    delete payment.paymentPayload.payload.authorization;
    return payment;
  },
  'malformed: no signature': async (make) => {
    const payment = await make();
    delete payment.paymentPayload.payload.signature;
    return payment;
  },
  'method: permit2 payload, eip3009 terms': async (make) => permit2Shaped(await make()),
};

/** Cases that need something on the chain first. */
const chainCases = {
  'valid: wallet contract (ERC-1271)': {
    prepare: async (world) => { world.wallet = await deployWallet(world, 'TestWallet1271', [privateKeyToAccount(world.walletKey).address]); },
    pay: (make, world) => make({ key: world.walletKey, from: world.wallet }),
  },
  'wallet contract: signature of another key': {
    prepare: async (world) => { world.wallet = await deployWallet(world, 'TestWallet1271', [privateKeyToAccount(world.walletKey).address]); },
    pay: (make, world) => make({ key: world.strangerKey, from: world.wallet }),
  },
  'wallet contract: wrong magic': hostileWallet('WalletWrongMagic'),
  'wallet contract: reverts': hostileWallet('WalletReverting'),
  'wallet contract: burns all gas': hostileWallet('WalletBurningGas'),
  'wallet contract: answers 1 MiB': hostileWallet('WalletReturningMegabyte'),
  'nonce: used': {
    prepare: async (world) => {
      world.nonce = randomNonce();
      const { payload: { authorization: a, signature } } = (await world.make({ nonce: world.nonce })).paymentPayload;
      await write(world.rpc, {
        address: world.token,
        functionName: 'transferWithAuthorization',
        args: [a.from, a.to, BigInt(a.value), BigInt(a.validAfter), BigInt(a.validBefore), a.nonce, signature],
        from: world.owner,
      });
    },
    pay: (make, world) => make({ nonce: world.nonce }),
  },
  'nonce: cancelled': {
    prepare: async (world) => {
      world.nonce = randomNonce();
      const signature = await signCancel(world.key, tokenDomain(world.domain), world.nonce);
      await write(world.rpc, {
        address: world.token, functionName: 'cancelAuthorization', args: [world.payer, world.nonce, signature], from: world.owner,
      });
    },
    pay: (make, world) => make({ nonce: world.nonce }),
  },
  'payer: blacklisted': toggle('setBlacklisted', (world, on) => [world.payer, on]),
  'token: paused': toggle('setPaused', (_, on) => [on]),
};

function hostileWallet(contract) {
  return {
    prepare: async (world) => { world.wallet = await deployWallet(world, contract, []); },
    pay: (make, world) => make({ key: world.walletKey, from: world.wallet }),
  };
}

async function deployWallet(world, contract, args) {
  const wallet = await deploy(world.rpc, contract, args, { from: world.owner, istanbul: world.istanbul });
  await mint(world.rpc, world.token, wallet, world.amount);
  return wallet;
}

function toggle(functionName, args) {
  const set = (on) => (world) => write(world.rpc, { address: world.token, functionName, args: args(world, on), from: world.owner });
  return { prepare: set(true), pay: (make) => make(), restore: set(false) };
}

/** Every case in the order it is judged. */
export const cases = [
  ...Object.entries(paymentCases).map(([name, pay]) => ({ name, pay })),
  ...Object.entries(chainCases).map(([name, { prepare, pay, restore }]) => ({ name, prepare, pay, restore })),
  ...undeployedCases,
  ...permit2Cases,
  ...approvalCases,
];

/**
 * What the cases stand on: a payer with funds, a merchant, a key that owns nothing, the token's owner unlocked.
 * @param {{rpc: string, network: string, token: string, payerKey: string, payTo: string, amount: bigint, istanbul: boolean,
 *   walletFactory?: string, unlistedFactory?: string}} options
 */
export async function createWorld({ rpc, network, token, payerKey, payTo, amount, istanbul, walletFactory, unlistedFactory }) {
  const owner = await ownerOf(rpc, token);
  const payer = privateKeyToAccount(payerKey).address;
  await fund(rpc, payer, { token, value: amount * 100n });
  const name = await read(rpc, { address: token, functionName: 'name' });
  const version = await read(rpc, { address: token, functionName: 'version' });
  const world = {
    rpc, network, token, owner, payer, payTo, amount, istanbul, key: payerKey, walletFactory, unlistedFactory,
    strangerKey: generatePrivateKey(),
    walletKey: generatePrivateKey(),
    domain: { name, version, chainId: Number(network.split(':')[1]), asset: token },
  };
  world.makerFor = (x402Version) => (changes = {}) =>
    makePayment({ x402Version, key: payerKey, network, asset: token, name, version, payTo, amount, ...changes });
  world.make = world.makerFor(2);
  return world;
}
