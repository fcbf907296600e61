// Wrapped signatures of wallets that are not deployed: written by ethers and by viem, kept only where both agree byte for byte.
import fs from 'node:fs';
import * as ethers from 'ethers';
import * as viem from 'viem';
import { parseErc6492Signature, serializeErc6492Signature } from 'viem/utils';

const magic = '6492'.repeat(16);
const lengths = [[0, 0], [4, 65], [32, 64], [36, 1], [100, 32], [131, 97], [900, 65], [5000, 600]];
const vectors = lengths.map(([calldataBytes, signatureBytes], i) => {
  const address = viem.getAddress('0x' + ethers.id(`factory ${i}`).slice(26));
  const data = '0x' + ethers.id(`calldata ${i}`).slice(2).repeat(200).slice(0, calldataBytes * 2);
  const signature = '0x' + ethers.id(`signature ${i}`).slice(2).repeat(20).slice(0, signatureBytes * 2);
  const byViem = serializeErc6492Signature({ address, data, signature });
  const byEthers = ethers.AbiCoder.defaultAbiCoder().encode(['address', 'bytes', 'bytes'], [address, data, signature]) + magic;
  const read = parseErc6492Signature(byViem);
  if (byViem !== byEthers || read.address !== address || read.data !== data || read.signature !== signature) {
    throw new Error(`ethers and viem disagree: wrapped signature ${i}`);
  }
  return { factory: address, calldata: data, signature, wrapped: byViem };
});
fs.writeFileSync('../erc6492.json', '[\n' + vectors.map((vector) => JSON.stringify(vector)).join(',\n') + '\n]\n');
