// Compiles every contract of this folder to <Name>.json {abi, bytecode}; the result is committed, so only a change of a
// .sol file needs this. Base-like chains get evmVersion shanghai. A chain with older rules (SKALE-like, hardfork
// istanbul) has no PUSH0 opcode, so all but the hostile tokens is also compiled to <Name>.istanbul.json.
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import solc from 'solc';

const folder = fileURLToPath(new URL('.', import.meta.url));
const sourceNames = readdirSync(folder).filter((name) => name.endsWith('.sol')).sort();
const sources = Object.fromEntries(sourceNames.map((name) => [name, { content: readFileSync(folder + name, 'utf8') }]));

const profiles = [
  { evmVersion: 'shanghai', suffix: '', wanted: () => true },
  { evmVersion: 'istanbul', suffix: '.istanbul', wanted: (name) => !name.startsWith('Token') },
];

// solc warns that rules before london are deprecated; that is the point of the istanbul profile.
const isProblem = (message) => message.severity === 'error' || !/deprecated/i.test(message.message);

for (const { evmVersion, suffix, wanted } of profiles) {
  const output = JSON.parse(solc.compile(JSON.stringify({
    language: 'Solidity',
    sources,
    settings: {
      evmVersion,
      optimizer: { enabled: true, runs: 200 },
      metadata: { appendCBOR: false }, // The same source gives the same bytes on every machine.
      outputSelection: { '*': { '*': ['abi', 'evm.bytecode.object'] } },
    },
  })));
  const problems = (output.errors ?? []).filter(isProblem);
  if (problems.length > 0) {
    console.error(problems.map((problem) => problem.formattedMessage).join('\n'));
    process.exit(1);
  }
  for (const [name, contract] of Object.values(output.contracts).flatMap(Object.entries)) {
    const bytecode = contract.evm.bytecode.object;
    if (bytecode === '' || !wanted(name)) { continue; } // An interface or an abstract contract has no bytecode.
    const file = `${name}${suffix}.json`;
    writeFileSync(folder + file, `${JSON.stringify({ abi: contract.abi, bytecode: `0x${bytecode}` })}\n`);
    console.log(`${file}: ${bytecode.length / 2} bytes`);
  }
}
