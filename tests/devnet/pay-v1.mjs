// Pays for a URL once by x402 version 1, the payment written by hand (viem only signs). Exit code 0 only when paid.
// The terms are read from the 402's body and the X-PAYMENT header is sent, whatever v2 headers the seller adds.
import { parseArgs } from 'node:util';
import { explain, readAnswer } from './lib/agent.mjs';
import { encodeHeader, makePayment, v1Names } from './lib/eip3009.mjs';
import { green, red } from './lib/print.mjs';
import { tellPayment } from './lib/story.mjs';

const caip2Of = Object.fromEntries(Object.entries(v1Names).map(([caip2, name]) => [name, caip2]));

async function payOnceV1(url, key) {
  const report = { url, paid: false, terms: null, chosen: null, payload: null, status: null, body: null, receipt: null, error: null };
  const first = await readAnswer(await fetch(url));
  if (first.status !== 402) { return { ...report, ...first, error: explain({ ...report, ...first }) }; }
  report.terms = first.body;
  if (report.terms?.x402Version !== 1) { return { ...report, error: 'The body of the 402 holds no terms of version 1.' }; }
  report.chosen = report.terms.accepts.find((terms) => terms.scheme === 'exact' && terms.network in caip2Of);
  if (report.chosen === undefined) { return { ...report, chosen: null, error: 'No entry of the terms is known here.' }; }
  const { chosen } = report;
  const payment = await makePayment({
    x402Version: 1,
    key,
    network: caip2Of[chosen.network],
    asset: chosen.asset,
    name: chosen.extra.name,
    version: chosen.extra.version,
    payTo: chosen.payTo,
    amount: chosen.maxAmountRequired,
    maxTimeoutSeconds: chosen.maxTimeoutSeconds,
  });
  report.payload = payment.paymentPayload;
  const response = await fetch(url, { headers: { 'X-PAYMENT': encodeHeader(report.payload) } });
  Object.assign(report, await readAnswer(response));
  report.paid = response.ok && response.headers.has('X-PAYMENT-RESPONSE') && report.receipt?.success === true;
  report.error = report.paid ? null : explain(report);
  return report;
}

const { values: options, positionals: [url] } = parseArgs({
  allowPositionals: true,
  options: { key: { type: 'string' }, json: { type: 'boolean', default: false } },
});
if (!url || !options.key) {
  console.error('node pay-v1.mjs <url> --key 0x… [--json]');
  process.exit(2);
}

const report = await payOnceV1(url, options.key);
if (options.json) {
  console.log(JSON.stringify(report));
} else {
  tellPayment(report);
  console.log(report.paid ? `\n${green('Paid.')}` : `\n${red('Not paid.')} ${report.error}`);
}
process.exitCode = report.paid ? 0 : 1;
