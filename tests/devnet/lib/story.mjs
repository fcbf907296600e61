// The client's side of one payment, told step by step: what was asked, what was signed, what came back.
import { fact, formatTime, shorten, step } from './print.mjs';

/** Step: the terms of the 402. */
export function tellTerms(report, describeAmount = (atoms) => `${atoms} atoms`) {
  const { terms, chosen } = report;
  step('The terms (HTTP 402)');
  fact('resource', terms.resource?.url ?? chosen.resource ?? report.url);
  fact('protocol', `x402 version ${terms.x402Version}, scheme ${chosen.scheme}`);
  fact('price', describeAmount(chosen.amount ?? chosen.maxAmountRequired));
  fact('network', chosen.network);
  fact('asset', chosen.asset);
  fact('pay to', chosen.payTo);
  if (terms.accepts.length > 1) { fact('offers', `${terms.accepts.length}; the one above was chosen`); }
}

/** Step: the authorization that the payer signed. */
export function tellAuthorization({ payload }) {
  const { authorization, signature } = payload.payload;
  step('The signed authorization (EIP-3009, no transaction and no gas of the payer)');
  fact('from', authorization.from);
  fact('to', authorization.to);
  fact('value', `${authorization.value} atoms`);
  fact('valid after', authorization.validAfter === '0' ? 'any time' : formatTime(authorization.validAfter));
  fact('valid before', formatTime(authorization.validBefore));
  fact('nonce', authorization.nonce);
  fact('signature', shorten(signature, 20));
}

/** Step: what the payer signed for Permit2. */
export function tellPermit2({ payload }) {
  const { permit2Authorization: transfer, signature } = payload.payload;
  step('The signed transfer (Permit2)');
  fact('from', transfer.from);
  fact('to', transfer.witness.to);
  fact('value', `${transfer.permitted.amount} atoms`);
  fact('valid after', transfer.witness.validAfter === '0' ? 'any time' : formatTime(transfer.witness.validAfter));
  fact('valid before', formatTime(transfer.deadline));
  fact('nonce', shorten(transfer.nonce, 20));
  fact('signature', shorten(signature, 20));
  if (payload.extensions?.eip2612GasSponsoring?.info.signature !== undefined) { fact('approval', 'a permit, for the facilitator to send'); }
  if (payload.extensions?.erc20ApprovalGasSponsoring?.info.signedTransaction !== undefined) { fact('approval', 'a signed transaction, for the facilitator to send'); }
}

/** Step: the answer and the receipt. */
export function tellAnswer({ status, body, receipt }) {
  step('The answer and its receipt');
  fact('status', `HTTP ${status}`);
  fact('body', shorten(typeof body === 'string' ? body : JSON.stringify(body), 38));
  if (receipt === null) {
    fact('receipt', 'none');
    return;
  }
  fact('success', String(receipt.success));
  if (receipt.errorReason) { fact('reason', receipt.errorReason); }
  fact('transaction', receipt.transaction || 'none');
  fact('network', receipt.network);
  fact('payer', receipt.payer ?? 'not named');
}

/** All of the above, as far as it went. */
export function tellPayment(report, describeAmount) {
  if (report.terms !== null) { tellTerms(report, describeAmount); }
  if (report.payload !== null) { ('permit2Authorization' in report.payload.payload ? tellPermit2 : tellAuthorization)(report); }
  if (report.status !== null) { tellAnswer(report); }
}
