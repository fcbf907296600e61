// Signed Permit2 payments in the wire form of x402 version 2, written against the specifications and not with the
// reference packages: a second voice beside them, and free to write what they would refuse to.
import { randomBytes } from 'node:crypto';
import { privateKeyToAccount } from 'viem/accounts';
import { chainIdOf, nowSeconds } from './eip3009.mjs';

export const permit2 = '0x000000000022D473030F116dDEE9F6B43aC78BA3';
export const exactProxy = '0x402085c248EeA27D92E8b30b2C58ed07f9E20001';

const transferTypes = {
  PermitWitnessTransferFrom: [
    { name: 'permitted', type: 'TokenPermissions' },
    { name: 'spender', type: 'address' },
    { name: 'nonce', type: 'uint256' },
    { name: 'deadline', type: 'uint256' },
    { name: 'witness', type: 'Witness' },
  ],
  TokenPermissions: [{ name: 'token', type: 'address' }, { name: 'amount', type: 'uint256' }],
  Witness: [{ name: 'to', type: 'address' }, { name: 'validAfter', type: 'uint256' }],
};

const permitTypes = {
  Permit: [
    { name: 'owner', type: 'address' },
    { name: 'spender', type: 'address' },
    { name: 'value', type: 'uint256' },
    { name: 'nonce', type: 'uint256' },
    { name: 'deadline', type: 'uint256' },
  ],
};

export const randomPermit2Nonce = () => BigInt(`0x${randomBytes(32).toString('hex')}`);

/**
 * Makes one signed Permit2 payment with the requirements it answers.
 * @param {object} options as of makePayment; `deadline`, `validAfter`, `nonce` (bigint), `spender` and `to` change what is signed
 */
export async function makePermit2Payment({
  key, network, asset, name, version, payTo, amount, from, deadline, validAfter = 0, nonce, spender = exactProxy, to = payTo, permitted = amount,
  token = asset, chainId = chainIdOf(network), maxTimeoutSeconds = 300,
}) {
  const account = privateKeyToAccount(key);
  const message = {
    permitted: { token, amount: BigInt(permitted) },
    spender,
    nonce: nonce ?? randomPermit2Nonce(),
    deadline: BigInt(deadline ?? nowSeconds() + maxTimeoutSeconds),
    witness: { to, validAfter: BigInt(validAfter) },
  };
  const domain = { name: 'Permit2', chainId, verifyingContract: permit2 };
  const signature = await account.signTypedData({ domain, types: transferTypes, primaryType: 'PermitWitnessTransferFrom', message });
  const requirements = {
    scheme: 'exact', network, amount: String(amount), asset, payTo, maxTimeoutSeconds, extra: { name, version, assetTransferMethod: 'permit2' },
  };
  const payload = {
    signature,
    permit2Authorization: {
      permitted: { token, amount: String(permitted) },
      from: from ?? account.address,
      spender,
      nonce: String(message.nonce),
      deadline: String(message.deadline),
      witness: { to, validAfter: String(validAfter) },
    },
  };
  return {
    x402Version: 2,
    paymentPayload: { x402Version: 2, accepted: { ...requirements, extra: { ...requirements.extra } }, payload },
    paymentRequirements: requirements,
  };
}

/** The client's part of the extension eip2612GasSponsoring: an approval of Permit2 for exactly the amount. */
export async function signPermit({ key, domain, value, nonce, deadline }) {
  const account = privateKeyToAccount(key);
  const message = { owner: account.address, spender: permit2, value: BigInt(value), nonce: BigInt(nonce), deadline: BigInt(deadline) };
  const signature = await account.signTypedData({ domain, types: permitTypes, primaryType: 'Permit', message });
  return {
    from: account.address, asset: domain.verifyingContract, spender: permit2, amount: String(value), nonce: String(nonce),
    deadline: String(deadline), signature, version: '1',
  };
}
