// An agent that pays for a URL once, built on the unmodified npm client @x402/fetch. It adds nothing to the protocol:
// it only listens (client hooks, and a fetch that remembers what went over the wire) so that it can tell what happened.
import { registerExactEvmScheme } from '@x402/evm/exact/client';
import { wrapFetchWithPayment, x402Client } from '@x402/fetch';
import { privateKeyToAccount } from 'viem/accounts';
import { decodeHeader } from './eip3009.mjs';

/**
 * Asks for the URL, pays when asked to, and reports. A refusal is a report with `paid: false`, not an exception.
 * `paid` is true only when the second answer is a success with a receipt that says success.
 */
export async function payOnce(url, { key, rpcUrl, gasPrice, method = 'GET', body } = {}) {
  const account = privateKeyToAccount(key);
  const report = {
    url, payer: account.address, paid: false, terms: null, chosen: null, payload: null,
    status: null, body: null, receipt: null, error: null,
  };
  const client = registerExactEvmScheme(new x402Client(), {
    // What gas costs, where the payer knows better than the node: the client asks its signer first.
    signer: gasPrice === undefined
      ? account
      : { ...account, estimateFeesPerGas: async () => ({ maxFeePerGas: BigInt(gasPrice), maxPriorityFeePerGas: BigInt(gasPrice) }) },
    // With a node the client can see that Permit2 is not approved, and sign an approval beside the payment.
    schemeOptions: rpcUrl === undefined ? undefined : { rpcUrl },
  })
    // By default the client pays only with assets it has in its own list (the public USDC contracts), at most $1 each.
    // A token deployed a moment ago is in no list.
    .setSpendControls(false)
    .onBeforePaymentCreation(async ({ paymentRequired, selectedRequirements }) => {
      report.terms = paymentRequired;
      report.chosen = selectedRequirements;
    })
    .onAfterPaymentCreation(async ({ paymentPayload }) => { report.payload = paymentPayload; });
  try {
    const response = await wrapFetchWithPayment(fetch, client)(url, { method, body });
    Object.assign(report, await readAnswer(response));
    report.paid = report.payload !== null && response.ok && report.receipt?.success === true;
    report.error = report.paid ? null : explain(report);
  } catch (error) {
    report.error = error.cause === undefined ? error.message : `${error.message}: ${error.cause.message}`;
  }
  return report;
}

/** The answer to a paid request: status, body (JSON when it is) and the receipt of either version. */
export async function readAnswer(response) {
  const text = await response.text();
  return {
    status: response.status,
    body: parseOrText(text),
    receipt: decodeHeader(response.headers.get('PAYMENT-RESPONSE') ?? response.headers.get('X-PAYMENT-RESPONSE')) ?? null,
    refusal: decodeHeader(response.headers.get('PAYMENT-REQUIRED'))?.error ?? null,
  };
}

function parseOrText(text) {
  try { return JSON.parse(text); } catch { return text; }
}

/** Why a report says `paid: false`. */
export function explain({ payload, status, receipt, refusal, body }) {
  if (payload === null) { return `The first answer was ${status}, not 402: there was nothing to pay.`; }
  const reason = receipt?.errorReason ?? refusal ?? body?.error ?? 'no reason was given';
  return receipt === null && status < 400 ? `HTTP ${status} without a receipt.` : `HTTP ${status}: ${reason}.`;
}
