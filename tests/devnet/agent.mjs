// Pays for a URL once with the unmodified client @x402/fetch and tells what happened. Exit code 0 only when paid.
import { parseArgs } from 'node:util';
import { payOnce } from './lib/agent.mjs';
import { green, red } from './lib/print.mjs';
import { tellPayment } from './lib/story.mjs';

const { values: options, positionals: [url] } = parseArgs({
  allowPositionals: true,
  options: { key: { type: 'string' }, rpc: { type: 'string' }, 'gas-price': { type: 'string' }, json: { type: 'boolean', default: false } },
});
if (!url || !options.key) {
  console.error('node agent.mjs <url> --key 0x… [--rpc URL] [--gas-price WEI] [--json]');
  process.exit(2);
}

const report = await payOnce(url, { key: options.key, rpcUrl: options.rpc, gasPrice: options['gas-price'] });
if (options.json) {
  console.log(JSON.stringify(report));
} else {
  tellPayment(report);
  console.log(report.paid ? `\n${green('Paid.')}` : `\n${red('Not paid.')} ${report.error}`);
}
process.exitCode = report.paid ? 0 : 1;
