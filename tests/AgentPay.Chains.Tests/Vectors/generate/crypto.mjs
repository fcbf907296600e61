// Keccak-256, secp256k1 and Ed25519 vectors by the noble libraries, from a chain of SHA-256 so that every run gives the same file.
import fs from 'node:fs';
import { ed25519 } from '@noble/curves/ed25519.js';
import { secp256k1 } from '@noble/curves/secp256k1.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { keccak_256 } from '@noble/hashes/sha3.js';
import { bytesToHex, concatBytes } from '@noble/hashes/utils.js';

let state = new Uint8Array(32);
const next = () => (state = sha256(state));

/** The message of n bytes that the tests rebuild: SHA-256(n as one 32-bit little-endian number, counter as another) repeated, cut to n. */
function message(length) {
  const blocks = [];
  for (let counter = 0; counter * 32 < length; counter++) {
    const seed = new Uint8Array(8);
    new DataView(seed.buffer).setUint32(0, length, true);
    new DataView(seed.buffer).setUint32(4, counter, true);
    blocks.push(sha256(seed));
  }
  return concatBytes(...blocks).slice(0, length);
}

const keccak = Array.from({ length: 600 }, (_, length) => bytesToHex(keccak_256(message(length))));

const ecdsa = Array.from({ length: 500 }, () => {
  const key = next();
  const digest = next();
  const signature = secp256k1.sign(digest, key, { prehash: false, format: 'recovered' });
  const publicKey = secp256k1.getPublicKey(key, false).slice(1);
  return [bytesToHex(key), bytesToHex(digest), bytesToHex(signature.slice(1)), signature[0], bytesToHex(keccak_256(publicKey).slice(12))];
});

const ed = Array.from({ length: 200 }, () => {
  const seed = next();
  const text = next();
  return [bytesToHex(seed), bytesToHex(ed25519.getPublicKey(seed)), bytesToHex(text), bytesToHex(ed25519.sign(text, seed))];
});

const onCurve = Array.from({ length: 600 }, () => {
  const point = next();
  let decompresses = true;
  try {
    ed25519.Point.fromBytes(point, false);
  } catch {
    decompresses = false;
  }
  return [bytesToHex(point), decompresses];
});

const lines = (rows) => '[\n' + rows.map((row) => JSON.stringify(row)).join(',\n') + '\n]';
fs.writeFileSync('../crypto.json', `{"keccak":${lines(keccak)},\n"ecdsa":${lines(ecdsa)},\n"ed25519":${lines(ed)},\n"onCurve":${lines(onCurve)}}\n`);
