// Genesis documents and configurations (G1 to G10).
import { type Bytes, hex } from "./bytes.ts";
import { type Member, Reader, members, reasons } from "./cbor.ts";
import { keyLength, sha256 } from "./crypto.ts";

export const documentLimit = 4_194_304;
const mostPower = 1_000_000_000;

export type Validator = { name: string; vote: Bytes; power: number };
export type Configuration = { digest: Bytes; validators: Validator[] };
export type Genesis = { chain: Bytes; name: string; network: string; configuration: Configuration };

// A closed map whose every member is a uint that `range` may narrow.
function numbers(reader: Reader, named: Member[], range: Record<string, [number, number]> = {}): void {
    reader.map(named, true, name => {
        const [least, most] = range[name] ?? [0, Number.MAX_SAFE_INTEGER];
        reader.uint(least, most);
    });
}

const validatorMembers = members("name", "peer", "vote", "power", "stream", "governance");
const configurationMembers = members("v", "change", "admission", "observers", "parameters", "validators");
const parameterMembers = members(
    "read",
    "protocol",
    "heartbeat",
    "precision",
    "voteTimeout",
    "anchorBlocks",
    "blockRecords",
    "messageDelay",
    "anchorMinutes",
    "timeoutGrowth",
    "proposeTimeout",
);
const admissionMembers = members("mode", "open", "roots", "member", "stream", "window", "members");
const sponsorMembers = members("bytes", "records", "streams");
const streamMembers = members("bytes", "records");
const memberMembers = members("kids", "name");
const genesisMembers = members("v", "name", "time", "bitcoin", "predecessor?", "configuration");
const predecessorMembers = members("root", "size", "block", "chain", "height", "streams");

// Faults at what stands twice, at the item that repeats it.
class Distinct {
    private readonly seen = new Set<string>();

    constructor(private readonly reader: Reader) {}

    add(value: string, offset: number): void {
        if (this.seen.has(value)) this.reader.fault(reasons.value, offset);
        this.seen.add(value);
    }
}

function readValidators(reader: Reader): Validator[] {
    const [names, streams, keys] = [new Distinct(reader), new Distinct(reader), new Distinct(reader)];
    return reader.array(
        () => {
            const validator = {} as Validator;
            reader.map(validatorMembers, true, name => {
                const start = reader.position;
                switch (name) {
                    case "name":
                        validator.name = reader.text(undefined, 0, 64);
                        names.add(validator.name, start);
                        return;
                    case "peer":
                        reader.byteString(0, 64);
                        return;
                    case "power":
                        validator.power = reader.uint(1, mostPower);
                        return;
                    case "stream":
                        streams.add(hex(reader.fixed(32)), start);
                        return;
                    case "vote":
                        validator.vote = reader.fixed(keyLength);
                        keys.add(hex(validator.vote), start);
                        return;
                    default:
                        keys.add(hex(reader.fixed(keyLength)), start);
                }
            });
            return validator;
        },
        1,
        256,
    );
}

function readAdmission(reader: Reader): void {
    const [names, kids] = [new Distinct(reader), new Distinct(reader)];
    reader.map(admissionMembers, true, name => {
        switch (name) {
            case "mode":
                reader.text(["open", "invited"]);
                return;
            case "open":
            case "member":
                numbers(reader, sponsorMembers);
                return;
            case "stream":
                numbers(reader, streamMembers);
                return;
            case "roots":
                reader.uint();
                return;
            case "window":
                reader.uint(1);
                return;
            default:
                reader.array(
                    () =>
                        reader.map(memberMembers, true, member => {
                            const start = reader.position;
                            if (member === "kids") {
                                reader.array(
                                    () => {
                                        const at = reader.position;
                                        kids.add(hex(reader.fixed(32)), at);
                                    },
                                    0,
                                    4096,
                                );
                                return;
                            }
                            const called = reader.text(undefined, 0, 64);
                            if (called === "" || called === "open") reader.fault(reasons.value, start);
                            names.add(called, start);
                        }),
                    0,
                    1024,
                );
        }
    });
}

function readParameters(reader: Reader): void {
    reader.map(parameterMembers, true, name => {
        if (name === "read") reader.text(["open", "members"]);
        else if (name === "blockRecords") reader.uint(1, 15_000);
        else reader.uint();
    });
}

function configurationAt(reader: Reader): Configuration {
    const start = reader.position;
    let validators: Validator[] = [];
    reader.map(configurationMembers, true, name => {
        switch (name) {
            case "v":
                reader.uint(1, 1);
                return;
            case "change":
                reader.uint();
                return;
            case "admission":
                readAdmission(reader);
                return;
            case "observers":
                reader.array(() => reader.byteString(0, 64), 0, 256);
                return;
            case "parameters":
                readParameters(reader);
                return;
            default:
                validators = readValidators(reader);
        }
    });
    return { digest: sha256(reader.bytes.subarray(start, reader.position)), validators };
}

export function readConfiguration(bytes: Bytes): Configuration {
    const reader = new Reader(bytes);
    reader.where = "configuration";
    const configuration = configurationAt(reader);
    reader.finish();
    return configuration;
}

export function readGenesis(bytes: Bytes): Genesis {
    const reader = new Reader(bytes);
    reader.where = "genesis document";
    const genesis = { chain: sha256(bytes) } as Genesis;
    reader.map(genesisMembers, true, name => {
        switch (name) {
            case "v":
                reader.uint(1, 1);
                return;
            case "name":
                genesis.name = reader.text(undefined, 0, 64);
                return;
            case "time":
                reader.uint();
                return;
            case "bitcoin":
                genesis.network = reader.text(["main", "testnet4", "signet", "regtest"]);
                return;
            case "configuration":
                genesis.configuration = configurationAt(reader);
                return;
            default:
                reader.map(predecessorMembers, true, member => {
                    if (member === "size" || member === "height") reader.uint();
                    else reader.fixed(32);
                });
        }
    });
    reader.finish();
    return genesis;
}

// Whether the same validators vote with the same powers, in the same order.
export const sameVoters = (left: Configuration, right: Configuration): boolean =>
    left.validators.length === right.validators.length &&
    left.validators.every(
        (validator, at) =>
            validator.power === right.validators[at]!.power &&
            hex(validator.vote) === hex(right.validators[at]!.vote),
    );
