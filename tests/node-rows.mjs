// A reporter for Node's test runner that writes what tests/report.sh reads: outcome, seconds, name and reason of each
// test, separated by tabs. Suites are no tests; what is still to be done counts as skipped.
import { basename } from 'node:path';

const plain = text => String(text).replace(/[\t\r\n]+/g, ' ');

export default async function* rows(events) {
    for await (const { type, data } of events) {
        if ((type !== 'test:pass' && type !== 'test:fail') || data.details?.type === 'suite') continue;
        const left = data.skip ?? data.todo;
        const outcome = left !== undefined ? 'NotExecuted' : type === 'test:pass' ? 'Passed' : 'Failed';
        const seconds = ((data.details?.duration_ms ?? 0) / 1000).toFixed(3);
        const name = `${basename(data.file ?? '')}: ${data.name}`;
        yield `${outcome}\t${seconds}\t${plain(name)}\t${left === undefined || left === true ? '' : plain(left)}\n`;
    }
}
