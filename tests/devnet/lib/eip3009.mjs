// Signed EIP-3009 payments in the wire form of both x402 versions, written against the specifications and not with the
// reference packages: a second voice beside them, and free to write what they would refuse to.
import { randomBytes } from 'node:crypto';
import { getAddress } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';

/** The names that x402 v1 uses for the chains of our tests. */
export const v1Names = { 'eip155:84532': 'base-sepolia', 'eip155:324705682': 'skale-base-sepolia' };

const transferTypes = {
  TransferWithAuthorization: [
    { name: 'from', type: 'address' },
    { name: 'to', type: 'address' },
    { name: 'value', type: 'uint256' },
    { name: 'validAfter', type: 'uint256' },
    { name: 'validBefore', type: 'uint256' },
    { name: 'nonce', type: 'bytes32' },
  ],
};

const cancelTypes = {
  CancelAuthorization: [
    { name: 'authorizer', type: 'address' },
    { name: 'nonce', type: 'bytes32' },
  ],
};

export const randomNonce = () => `0x${randomBytes(32).toString('hex')}`;
export const nowSeconds = () => Math.floor(Date.now() / 1000);
export const chainIdOf = (network) => Number(network.split(':')[1]);

/** The EIP-712 domain of a token. */
export const tokenDomain = ({ name, version, chainId, asset }) =>
  ({ name, version, chainId, verifyingContract: getAddress(asset) });

/** Signs a transfer; `from` may differ from the key's address (a contract wallet). */
export function signTransfer(key, domain, authorization) {
  return privateKeyToAccount(key).signTypedData({
    domain,
    types: transferTypes,
    primaryType: 'TransferWithAuthorization',
    message: {
      ...authorization,
      value: BigInt(authorization.value),
      validAfter: BigInt(authorization.validAfter),
      validBefore: BigInt(authorization.validBefore),
    },
  });
}

/** Signs the cancellation of a nonce. */
export function signCancel(key, domain, nonce) {
  const account = privateKeyToAccount(key);
  return account.signTypedData({
    domain,
    types: cancelTypes,
    primaryType: 'CancelAuthorization',
    message: { authorizer: account.address, nonce },
  });
}

/**
 * Makes one signed payment with the requirements it answers: the body of a facilitator's /verify and /settle.
 * @param {object} options
 * @param {1|2} options.x402Version
 * @param {string} options.key the payer's private key
 * @param {string} options.network CAIP-2, in both versions
 * @param {string} options.asset the token's address
 * @param {string} options.name the token's EIP-712 name
 * @param {string} options.version the token's EIP-712 version
 * @param {string} options.payTo
 * @param {string} options.amount atoms
 * @param {string} [options.from] the payer, when it is not the key's own address
 * @param {string|number} [options.validAfter] seconds; v2 clients write 0, v1 clients now - 600
 * @param {string|number} [options.validBefore] seconds; default now + maxTimeoutSeconds
 * @param {string} [options.nonce] default: 32 random bytes
 * @param {number} [options.chainId] the chain that is signed for, when it is not the network's
 * @param {number} [options.maxTimeoutSeconds]
 * @param {string} [options.resource] the URL that is paid for
 */
export async function makePayment(options) {
  const { x402Version = 2, key, network, asset, name, version, payTo, amount } = options;
  const { maxTimeoutSeconds = 300, resource = 'http://127.0.0.1/resource' } = options;
  const now = nowSeconds();
  const authorization = {
    from: options.from ?? privateKeyToAccount(key).address,
    to: getAddress(payTo),
    value: String(amount),
    validAfter: String(options.validAfter ?? (x402Version === 1 ? now - 600 : 0)),
    validBefore: String(options.validBefore ?? now + maxTimeoutSeconds),
    nonce: options.nonce ?? randomNonce(),
  };
  const domain = tokenDomain({ name, version, chainId: options.chainId ?? chainIdOf(network), asset });
  const payload = { signature: await signTransfer(key, domain, authorization), authorization };
  const extra = { name, version };
  if (x402Version === 1) {
    const v1Network = v1Names[network] ?? network;
    return {
      x402Version: 1,
      paymentPayload: { x402Version: 1, scheme: 'exact', network: v1Network, payload },
      paymentRequirements: {
        scheme: 'exact', network: v1Network, maxAmountRequired: String(amount), resource, description: '',
        mimeType: 'application/json', payTo, maxTimeoutSeconds, asset, extra,
      },
    };
  }
  const requirements = { scheme: 'exact', network, amount: String(amount), asset, payTo, maxTimeoutSeconds, extra };
  return {
    x402Version: 2,
    paymentPayload: {
      x402Version: 2,
      resource: { url: resource, description: '', mimeType: 'application/json' },
      accepted: { ...requirements, extra: { ...extra } },
      payload,
    },
    paymentRequirements: requirements,
  };
}

/** The header form of any x402 message. */
export const encodeHeader = (message) => Buffer.from(JSON.stringify(message), 'utf8').toString('base64');

/** Reads a header; undefined when it is absent. */
export const decodeHeader = (text) =>
  (text === null || text === undefined ? undefined : JSON.parse(Buffer.from(text, 'base64').toString('utf8')));
