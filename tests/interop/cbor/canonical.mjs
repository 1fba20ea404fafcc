// An independent CBOR, node-cbor, asked line by line: an item in hexadecimal comes in, the same item as that package
// encodes it in canonical form goes out; "refused" for what it cannot read.
import cbor from 'cbor';
import { createInterface } from 'node:readline';

for await (const line of createInterface({ input: process.stdin })) {
    let answer;
    try {
        const value = cbor.decodeFirstSync(Buffer.from(line, 'hex'), { required: true, preventDuplicateKeys: true });
        answer = cbor.encodeOne(value, { canonical: true, highWaterMark: 1 << 20 }).toString('hex');
    } catch {
        answer = 'refused';
    }
    process.stdout.write(`${answer}\n`);
}
