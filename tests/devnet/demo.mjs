// What `./agentpay demo` shows: an agent pays GET /demo/quote of a running engine, and then every claim is checked
// where it can be checked: the transfer on the chain itself, the postings and events at the engine.
// Exit code 0 only when each step was really seen.
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { hexToNumber, parseAbi, parseEventLogs } from 'viem';
import { payOnce } from './lib/agent.mjs';
import { rpc } from './lib/anvil.mjs';
import { fact, formatAmount, green, red, shorten, step, table } from './lib/print.mjs';
import { tellPayment } from './lib/story.mjs';

const tokenEvents = parseAbi([
  'event Transfer(address indexed from, address indexed to, uint256 value)',
  'event AuthorizationUsed(address indexed authorizer, bytes32 indexed nonce)',
]);
const settledStatuses = ['confirmed', 'safe', 'final'];
const waitMs = 15_000;
const accountWidth = 62;

/** A claim that was not seen to be true. */
class NotSeen extends Error {}

function see(condition, claim) {
  if (!condition) { throw new NotSeen(claim); }
}

const sameAddress = (left, right) => left.toLowerCase() === right.toLowerCase();

/** Asks again until there is an answer, for at most waitMs. */
async function waitFor(what, ask) {
  const deadline = Date.now() + waitMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) { return answer; }
    if (Date.now() > deadline) { throw new NotSeen(`${what} did not appear within ${waitMs / 1000} s.`); }
    await new Promise((resolve) => { setTimeout(resolve, 100); });
  }
}

/** The first three steps: terms, authorization, answer with receipt. */
async function pay(devnet) {
  const payer = devnet.chains[0].accounts.find((account) => account.role === 'payer');
  see(payer !== undefined, 'The devnet file names no payer.');
  const report = await payOnce(devnet.demo, { key: payer.privateKey });
  const chain = devnet.chains.find(({ network }) => network === report.chosen?.network);
  const token = chain?.tokens.find(({ address }) => sameAddress(address, report.chosen.asset));
  tellPayment(report, token === undefined ? undefined : (atoms) => `${formatAmount(atoms, token)} (${atoms} atoms)`);
  see(report.paid, `The agent could not pay: ${report.error}`);
  see(token !== undefined, 'The engine asked for a chain or a token that the devnet file does not name.');
  return { report, chain, token };
}

/** Step 4: the transaction as the chain knows it. */
async function tellTransaction({ report, chain, token }) {
  const { receipt: { transaction }, chosen, payload: { payload: { authorization } } } = report;
  step('The transaction, read from the chain');
  const mined = await waitFor(`The transaction ${transaction}`, async () =>
    await rpc(chain.rpc, 'eth_getTransactionReceipt', transaction) ?? undefined);
  fact('transaction', mined.transactionHash);
  fact('block', `${hexToNumber(mined.blockNumber)}  ${mined.blockHash}`);
  fact('status', mined.status === '0x1' ? '1 (success)' : `${mined.status} (reverted)`);
  fact('sent by', `${mined.from}, who paid the gas`);
  see(mined.status === '0x1', 'The transaction reverted.');

  const logs = parseEventLogs({ abi: tokenEvents, logs: mined.logs }).filter(({ address }) => sameAddress(address, chosen.asset));
  const used = logs.find(({ eventName, args }) =>
    eventName === 'AuthorizationUsed' && args.nonce === authorization.nonce && sameAddress(args.authorizer, authorization.from));
  const transfer = logs.find(({ eventName, args }) =>
    eventName === 'Transfer' && sameAddress(args.from, authorization.from) && sameAddress(args.to, chosen.payTo)
    && args.value === BigInt(chosen.amount));
  see(used !== undefined, 'The transaction did not use the authorization.');
  see(transfer !== undefined, `The transaction holds no Transfer of ${chosen.amount} atoms from payer to merchant.`);
  fact('event', `Transfer of ${formatAmount(transfer.args.value, token)} (${transfer.args.value} atoms)`);
  fact('', `from ${transfer.args.from}`);
  fact('', `to   ${transfer.args.to}`);
  return mined;
}

/** The engine's own record of the settlement, once it calls it settled. */
function readSettlement(devnet, transaction) {
  const url = `${new URL(devnet.demo).origin}/v1/settlements/by-transaction/${transaction}`;
  return waitFor('The settlement', async () => {
    const response = await fetch(url);
    if (response.status === 404) { return undefined; }
    see(response.ok, `GET ${url} answered ${response.status}: ${await response.clone().text()}`);
    const settlement = await response.json();
    return settledStatuses.includes(settlement.status) ? settlement : undefined;
  });
}

/** Step 5: the ledger postings. */
function tellPostings(settlement, { report, token }, mined) {
  step('The ledger postings of the engine');
  fact('settlement', shorten(settlement.id, 36));
  fact('status', settlement.status);
  see(settlement.amount === report.chosen.amount, `The engine recorded ${settlement.amount} atoms, not ${report.chosen.amount}.`);
  see(settlement.block.hash === mined.blockHash, 'The engine names another block than the chain.');
  see(settlement.postings.length > 0, 'The engine has no postings of this settlement.');
  for (const [asset, postings] of groupByAsset(settlement.postings)) {
    const sum = postings.reduce((total, posting) => total + BigInt(posting.amount), 0n);
    fact('asset', asset);
    table(
      [['account', 'atoms'],
        ...postings.map(({ account, amount }) => [shorten(account, accountWidth / 2), amount]),
        ['sum', String(sum)]],
      { right: [1] });
    see(sum === 0n, `The postings in ${asset} sum to ${sum}, not to zero.`);
  }
  see(
    settlement.postings.some(({ amount }) => amount === report.chosen.amount),
    `No posting credits ${formatAmount(report.chosen.amount, token)}.`);
}

function groupByAsset(postings) {
  const groups = new Map();
  for (const posting of postings) { groups.set(posting.asset, [...groups.get(posting.asset) ?? [], posting]); }
  return groups;
}

/** Step 6: the events that told of it. */
function tellEvents({ events }) {
  step('The events');
  see(events.length > 0, 'The engine has no event of this settlement.');
  table(
    [['sequence', 'type', 'id', 'created'],
      ...events.map(({ sequence, type, id, created }) => [String(sequence), type, shorten(id, 15), String(created)])],
    { right: [0] });
}

async function show(devnet) {
  const started = Date.now();
  const payment = await pay(devnet);
  const { report, chain, token } = payment;
  const mined = await tellTransaction(payment);
  const settlement = await readSettlement(devnet, mined.transactionHash);
  tellPostings(settlement, payment, mined);
  tellEvents(settlement);
  const price = formatAmount(report.chosen.amount, token);
  console.log(`\n${green('Paid')} ${price} on ${chain.network} in transaction ${shorten(mined.transactionHash)}, `
    + `block ${hexToNumber(mined.blockNumber)} (${Date.now() - started} ms).`);
}

const { values: options } = parseArgs({ options: { 'devnet-file': { type: 'string' } } });
if (!options['devnet-file']) {
  console.error('node demo.mjs --devnet-file DIR/devnet.json');
  process.exit(2);
}
try {
  await show(JSON.parse(readFileSync(options['devnet-file'], 'utf8')));
} catch (error) {
  console.error(`\n${red('Not shown:')} ${error instanceof NotSeen ? error.message : error.stack}`);
  process.exitCode = 1;
}
