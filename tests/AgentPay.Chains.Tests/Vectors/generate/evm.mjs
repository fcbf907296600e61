// Transactions, typed data, calldata, addresses and RLP: written by ethers and by viem, kept only where both agree byte for byte.
import fs from 'node:fs';
import { RLP } from '@ethereumjs/rlp';
import * as ethers from 'ethers';
import * as viem from 'viem';
import { privateKeyToAccount } from 'viem/accounts';

const key = '0x4646464646464646464646464646464646464646464646464646464646464646';
const wallet = new ethers.Wallet(key);
const account = privateKeyToAccount(key);
const someone = '0x3535353535353535353535353535353535353535';
const usdc = '0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913';

function agreed(left, right, what) {
  if (left !== right) {
    throw new Error(`ethers and viem disagree: ${what}\n${left}\n${right}`);
  }
  return left;
}

const requests = [
  { type: 2, chainId: 8453, nonce: 7, priority: 1000000n, fee: 2000000000n, gas: 120000n, to: usdc, value: 0n, data: '0xe3ee160e' },
  { type: 2, chainId: 84532, nonce: 0, priority: 0n, fee: 1n, gas: 21000n, to: someone, value: 10n ** 18n, data: '0x' },
  { type: 2, chainId: 1, nonce: 2 ** 32, priority: 2n ** 64n - 1n, fee: 2n ** 64n - 1n, gas: 30000000n, to: null, value: 0n, data: '0x' + '60'.repeat(300) },
  { type: 2, chainId: 1, nonce: 127, priority: 127n, fee: 128n, gas: 255n, to: someone, value: 256n, data: '0x00' },
  { type: 2, chainId: 1, nonce: 128, priority: 1n, fee: 1n, gas: 21000n, to: someone, value: 2n ** 256n - 1n, data: '0x7f' },
  { type: 2, chainId: 1, nonce: 1, priority: 1n, fee: 1n, gas: 21000n, to: someone, value: 0n, data: '0x80' },
  { type: 0, chainId: 324705682, nonce: 9, priority: 0n, fee: 0n, gas: 21000n, to: someone, value: 0n, data: '0x' },
  { type: 0, chainId: 1, nonce: 9, priority: 0n, fee: 20000000000n, gas: 21000n, to: someone, value: 10n ** 18n, data: '0x' },
  { type: 0, chainId: 84532, nonce: 0, priority: 0n, fee: 0n, gas: 3000000n, to: null, value: 0n, data: '0x' + '5b'.repeat(56) },
  { type: 0, chainId: 2 ** 40, nonce: 3, priority: 0n, fee: 1n, gas: 21000n, to: someone, value: 1n, data: '0x' + 'ff'.repeat(55) },
];
for (let i = 0; i < 40; i++) {
  const word = BigInt(ethers.id(`transaction ${i}`));
  const type = i % 2 === 0 ? 2 : 0;
  requests.push({
    type, chainId: Number(word & 0xffffn) + 1, nonce: Number((word >> 16n) & 0xffffffn), priority: type === 2 ? (word >> 40n) & 0xffffffn : 0n,
    fee: ((word >> 40n) & 0xffffffn) + ((word >> 64n) & 0xffffffffn), gas: ((word >> 96n) & 0xffffffn) + 21000n,
    to: viem.getAddress('0x' + ethers.id(`to ${i}`).slice(26)), value: word >> BigInt(i * 6), data: '0x' + ethers.id(`data ${i}`).slice(2).repeat(i % 7),
  });
}
const transactions = [];
for (const r of requests) {
  const byEthers = await wallet.signTransaction({
    type: r.type, chainId: r.chainId, nonce: r.nonce, gasLimit: r.gas, to: r.to, value: r.value, data: r.data,
    ...(r.type === 2 ? { maxPriorityFeePerGas: r.priority, maxFeePerGas: r.fee } : { gasPrice: r.fee }),
  });
  const byViem = await account.signTransaction({
    type: r.type === 2 ? 'eip1559' : 'legacy', chainId: r.chainId, nonce: r.nonce, gas: r.gas, to: r.to ?? undefined, value: r.value, data: r.data,
    ...(r.type === 2 ? { maxPriorityFeePerGas: r.priority, maxFeePerGas: r.fee } : { gasPrice: r.fee }),
  });
  transactions.push({ ...r, signed: agreed(byEthers, byViem, 'transaction'), hash: agreed(ethers.keccak256(byEthers), viem.keccak256(byViem), 'hash') });
}

const types = {
  TransferWithAuthorization: [
    { name: 'from', type: 'address' }, { name: 'to', type: 'address' }, { name: 'value', type: 'uint256' },
    { name: 'validAfter', type: 'uint256' }, { name: 'validBefore', type: 'uint256' }, { name: 'nonce', type: 'bytes32' },
  ],
};
const fragment = (last) => `function transferWithAuthorization(address,address,uint256,uint256,uint256,bytes32,${last})`;
const domains = [
  { name: 'USDC', version: '2', chainId: 84532, verifyingContract: '0x036CbD53842c5426634e7929541eC2318f3dCF7e' },
  { name: 'USD Coin', version: '2', chainId: 8453, verifyingContract: usdc },
  { name: 'USD₮0', version: '1', chainId: 42161, verifyingContract: '0xFd086bC7CD5C481DCC9C85ebE478A1C0b69FCbb9' },
  { name: ' ', version: '0', chainId: 1, verifyingContract: ethers.ZeroAddress },
  { name: 'PayPal USD 💸', version: '1.0', chainId: 324705682, verifyingContract: someone },
];
const authorizations = [];
for (const [i, domain] of [...domains, ...domains, ...domains, ...domains].entries()) {
  const big = i >= 15;
  const message = {
    from: wallet.address, to: viem.getAddress('0x' + ethers.id(`payee ${i}`).slice(26)), value: big ? 2n ** 256n - 1n : BigInt(i) * 12345n,
    validAfter: BigInt(i % 3), validBefore: big ? 2n ** 256n - 1n : 1893456000n + BigInt(i), nonce: ethers.id(`nonce ${i}`),
  };
  const digest = agreed(ethers.TypedDataEncoder.hash(domain, types, message), viem.hashTypedData({ domain, types, primaryType: 'TransferWithAuthorization', message }), 'digest');
  const signature = agreed(await wallet.signTypedData(domain, types, message), await account.signTypedData({ domain, types, primaryType: 'TransferWithAuthorization', message }), 'signature');
  const { r, s, v } = ethers.Signature.from(signature);
  const values = [message.from, message.to, message.value, message.validAfter, message.validBefore, message.nonce];
  const walletSignature = '0x' + 'c7'.repeat(i * 11);
  const byKey = new ethers.Interface([fragment('uint8,bytes32,bytes32')]).encodeFunctionData('transferWithAuthorization', [...values, v, r, s]);
  const byWallet = new ethers.Interface([fragment('bytes')]).encodeFunctionData('transferWithAuthorization', [...values, walletSignature]);
  authorizations.push({
    domain, message, separator: ethers.TypedDataEncoder.hashDomain(domain), digest, signature, walletSignature,
    callByKey: agreed(byKey, viem.encodeFunctionData({ abi: viem.parseAbi([fragment('uint8,bytes32,bytes32')]), args: [...values, v, r, s] }), 'call'),
    callByWallet: agreed(byWallet, viem.encodeFunctionData({ abi: viem.parseAbi([fragment('bytes')]), args: [...values, walletSignature] }), 'call'),
  });
}

const addresses = Array.from({ length: 200 }, (_, i) => {
  const lower = '0x' + ethers.id(`address ${i}`).slice(26);
  return agreed(ethers.getAddress(lower), viem.getAddress(lower), 'address');
});

const strings = [0, 1, 2, 54, 55, 56, 57, 255, 256, 257].map((length) => '0x' + Buffer.alloc(length, 0x80 + (length % 16)).toString('hex')).concat(['0x00', '0x7f', '0x80']);
const lists = [[], ['0x'], ['0x00', '0x7f', '0x80'], strings.slice(0, 4), strings, ['0x' + 'ab'.repeat(54)], ['0x' + 'ab'.repeat(53)]];
const rlp = lists.map((items) => {
  const byEthereumJs = '0x' + Buffer.from(RLP.encode(items.map((item) => Buffer.from(item.slice(2), 'hex')))).toString('hex');
  return { items, encoded: agreed(agreed(ethers.encodeRlp(items), viem.toRlp(items), 'RLP'), byEthereumJs, 'RLP') };
});

const text = (value) => JSON.stringify(value, (_, x) => (typeof x === 'bigint' ? x.toString() : x));
const lines = (rows) => '[\n' + rows.map(text).join(',\n') + '\n]';
fs.writeFileSync('../evm.json', `{"key":"${key}",\n"transactions":${lines(transactions)},\n"authorizations":${lines(authorizations)},\n"addresses":${lines(addresses)},\n"rlp":${lines(rlp)}}\n`);
