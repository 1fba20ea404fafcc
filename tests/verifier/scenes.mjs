// Evidence files that a quorum signed, each telling one story: what no mutation of a sound file can reach.
import { map, sha256, tree, twoStreams } from "./forge.mjs";

const voters = [
    [0, "alpha"],
    [1, "beta"],
    [2, "gamma"],
];

// An evidence file over records `from` to `to` of a stream. Every part may be replaced by `change`.
function file(
    forge,
    story,
    { from = 0, to = story.records.length - 1, scope = "stream", state = {}, links = 0, anchored, ...change } = {},
) {
    const configuration = forge.configuration(["alpha", "beta", "gamma", "delta"], [4, 3, 2, 1]);
    const genesis = forge.genesis(configuration, change.network);
    const chain = sha256(genesis);
    const validators = change.validators ?? sha256(forge.encode(configuration));
    const records = story.records.slice(from, to + 1);
    const entries = [
        sha256(Uint8Array.of(5)),
        ...story.records.map(record => sha256(record)),
        sha256(Uint8Array.of(6)),
    ];
    const log = tree(entries);
    const known = {
        seq: story.records.length - 1,
        head: story.ids.at(-1),
        time: 1_760_000_000_000 + 1000 * (story.records.length - 1),
        recovery: story.recovery ?? null,
        sponsor: "open",
        keys: story.keys,
        ...state,
    };
    const stateBytes = forge.encode([known.seq, known.head, known.time, known.recovery, known.sponsor, known.keys]);
    const streams = twoStreams(story.stream, sha256(stateBytes), 3);
    const height = change.height ?? 5;
    const headers = [];
    for (let at = links; at >= 0; at--) {
        headers.push(
            forge.header({
                height: height - at,
                root: log.root,
                size: (change.size ?? entries.length) - at,
                streams: streams.root,
                chain: change.chain ?? chain,
                validators,
                next: change.next,
                prev: headers.length > 0 ? sha256(headers.at(-1)) : undefined,
            }),
        );
    }
    const header = headers.pop();
    const commit = forge.commit(header, height, chain, change.voters ?? voters, change.round);
    const next =
        anchored || change.withNext
            ? forge.header({
                  height: height + 1,
                  root: log.root,
                  size: entries.length,
                  streams: streams.root,
                  chain,
                  validators,
                  prev: sha256(header),
                  commit: change.otherCommit ? sha256(header) : sha256(commit),
              })
            : undefined;
    const checkpoint = map({
        next,
        links: headers,
        commit,
        header,
        bitcoin: anchored && forge.bitcoin(sha256(next), anchored),
    });
    return forge.evidence({
        keys: change.keys ?? [],
        scope,
        stream: change.stream ?? story.stream,
        records,
        chain: map({
            log: records.map((_, at) => [0, from + at + 1, log.path(from + at + 1)]),
            head: map({ path: forge.encode(streams.proof), state: stateBytes, checkpoint: 0 }),
            walk: change.walk?.(chain, configuration),
            genesis,
            checkpoints: change.checkpoints?.(checkpoint) ?? [checkpoint],
        }),
    });
}

function stories(forge) {
    const { alice, bob, carol, cold } = forge.keys;
    const plain = forge.stream("alice", undefined, [forge.note("alice"), forge.note("alice"), forge.note("alice")]);
    plain.keys = [[alice.kid, 0, null, false]];
    const rotated = forge.stream("alice", "cold", [
        forge.note("alice"),
        forge.rotation("alice", "bob"),
        forge.note("bob"),
        forge.rotation("cold", "carol", "cold"),
        forge.note("carol"),
        forge.revocation("cold", "alice", 1, { heirs: true, signer: "cold" }),
        forge.note("carol"),
    ]);
    rotated.recovery = cold.kid;
    rotated.keys = [
        [alice.kid, 0, 1, false],
        [bob.kid, 3, 3, false],
        [carol.kid, 5, null, true],
    ];
    const own = forge.stream("alice", undefined, [forge.note("alice"), forge.revocation("alice", "alice")]);
    own.keys = [[alice.kid, 0, 2, false]];
    const twice = forge.stream("alice", undefined, [
        forge.revocation("alice", "alice"),
        forge.revocation("alice", "alice", 1),
    ]);
    twice.keys = [[alice.kid, 0, 1, false]];
    return { plain, rotated, own, twice };
}

function walks(forge) {
    const changed = (names, powers, change, window) => forge.configuration(names, powers, change, window);
    const step = (chain, from, to, height, signers) => {
        const header = forge.header({
            height,
            root: sha256(Uint8Array.of(1)),
            size: 3,
            streams: sha256(Uint8Array.of(2)),
            chain,
            validators: sha256(forge.encode(from)),
            next: sha256(forge.encode(to)),
        });
        return map({
            commit: forge.commit(header, height, chain, signers),
            header,
            configuration: forge.encode(to),
        });
    };
    const four = ["alpha", "beta", "gamma", "delta"];
    const others = changed(["alpha", "beta", "gamma", "epsilon"], [4, 3, 2, 1], 1);
    const quota = changed(four, [4, 3, 2, 1], 1, 50);
    const bare = configuration => map({ configuration: forge.encode(configuration) });
    return { step, others, quota, bare };
}

// Every scene as [name, bytes, trust or null].
export function scenes(forge) {
    const { plain, rotated, own, twice } = stories(forge);
    const { step, others, quota, bare } = walks(forge);
    const { alice, bob, carol, cold } = forge.keys;
    const digest = configuration => sha256(forge.encode(configuration));
    const all = [];
    const add = (name, story, change, trust = null) => all.push([name, file(forge, story, change), trust]);
    add("a whole stream", plain, {});
    add("a whole stream, anchored, with links", plain, { anchored: {}, links: 2 });
    add("a range from the middle", plain, { from: 1, to: 2, scope: "range", keys: [alice.public] });
    add("one record", plain, { from: 2, to: 2, scope: "record", keys: [alice.public] });
    add("one record without its key", plain, { from: 2, to: 2, scope: "record" });
    add("a genesis record with its key beside it", plain, { to: 0, scope: "record", keys: [alice.public] });
    add("a key that nobody needs", plain, { keys: [bob.public] });
    add("a whole stream that begins in the middle", plain, { from: 1, keys: [alice.public] });
    add("a whole stream whose tail is withheld", plain, { to: 2 });
    add("a range with a longer head", plain, { to: 2, scope: "range" });
    add("a head before the last record", plain, { state: { seq: 2, head: plain.ids[2] } });
    add("a head of another id", plain, { state: { head: plain.ids[1] } });
    add("a head of another id at a record in the middle", plain, { state: { seq: 1, head: plain.ids[2] } });
    add("a head of another time", plain, { state: { time: 5 } });
    add("a state that names another recovery key", plain, { state: { recovery: cold.kid } });
    add("a state whose first key is another", plain, { state: { keys: [[bob.kid, 0, null, false]] } });
    add("a state of one more key", plain, { state: { keys: [...plain.keys, [bob.kid, 2, null, false]] } });
    add("a state without order", rotated, { state: { keys: [rotated.keys[1], rotated.keys[0]] } });
    add("a state whose first key comes late", plain, {
        from: 1,
        scope: "range",
        keys: [alice.public],
        state: { keys: [[alice.kid, 2, null, false]] },
    });
    add("a state with a key twice", plain, { state: { keys: [...plain.keys, [alice.kid, 9, null, false]] } });
    add("a later revocation", plain, {
        to: 2,
        scope: "range",
        state: { seq: 9, head: rotated.ids[1], keys: [[alice.kid, 0, 2, false]] },
    });
    add("a revocation of what comes later", plain, {
        to: 1,
        scope: "range",
        state: { seq: 9, keys: [[alice.kid, 0, 7, false]] },
    });
    add("a stream of many keys", rotated, {});
    add("many keys, from the middle", rotated, {
        from: 3,
        scope: "range",
        keys: [bob.public, carol.public, cold.public],
    });
    add("many keys, one after the other", rotated, { from: 5, to: 5, scope: "record", keys: [carol.public] });
    add("what the recovery key condemned", rotated, { from: 3, to: 3, scope: "record", keys: [bob.public] });
    add("the recovery key's rotation alone", rotated, { from: 4, to: 4, scope: "record" });
    add("the rotation alone", rotated, { from: 2, to: 2, scope: "record", keys: [alice.public] });
    add("a key that revokes itself", own, {});
    add("the revocation alone", own, { from: 2, to: 2, scope: "record", keys: [alice.public] });
    add("a key that revokes itself twice", twice, {});
    add("the first of two revocations alone", twice, { from: 1, to: 1, scope: "record", keys: [alice.public] });
    add("the second of two revocations alone", twice, { from: 2, to: 2, scope: "record", keys: [alice.public] });
    add("a file that names another stream", plain, { stream: bob.kid });
    add("two thirds and no more", plain, {
        voters: [
            [0, "alpha"],
            [2, "gamma"],
        ],
    });
    add("a vote by another", plain, {
        voters: [
            [0, "alpha"],
            [1, "beta"],
            [3, "gamma"],
        ],
    });
    add("a vote of nobody", plain, {
        voters: [
            [0, "alpha"],
            [1, "beta"],
            [9, "gamma"],
        ],
    });
    add("a later round", plain, { round: 7 });
    add("a next header without Bitcoin", plain, { withNext: true });
    add("a next header that names another commit", plain, { anchored: {}, otherCommit: true });
    add("Bitcoin of another network", plain, { anchored: { network: "main" } });
    add("a regtest header labelled main", plain, { anchored: { network: "main" }, network: "main" });
    add("a regtest header labelled signet", plain, { anchored: { network: "signet" }, network: "signet" });
    add("a header without its work", plain, { anchored: { lie: true } });
    add("a negative target", plain, { anchored: { bits: [0xff, 0xff, 0xff, 0x20] } });
    add("a target of nothing", plain, { anchored: { bits: [0, 0, 0, 0x20] } });
    add("a target above 2^256", plain, { anchored: { bits: [0xff, 0xff, 0x7f, 0x22] } });
    add("seventeen links", plain, { height: 30, links: 5 });
    add("the first block", plain, { height: 1 });
    add("a log that is said to be larger than its tree", plain, { size: 64 });
    add("two checkpoints of one height", plain, { checkpoints: checkpoint => [checkpoint, checkpoint] });
    add("a block of another chain", plain, { chain: sha256(Uint8Array.of(1)) });
    add("a configuration that nobody led to", plain, { validators: digest(others) });
    add("a walk of other voters", plain, {
        validators: digest(others),
        voters: [
            [0, "alpha"],
            [1, "beta"],
            [3, "epsilon"],
        ],
        walk: (chain, from) => [step(chain, from, others, 2, voters)],
    });
    add("a walk, and a checkpoint at its height", plain, {
        height: 2,
        validators: digest(others),
        walk: (chain, from) => [step(chain, from, others, 2, voters)],
    });
    add("a walk, and a checkpoint below it under the new voters", plain, {
        height: 2,
        validators: digest(others),
        walk: (chain, from) => [step(chain, from, others, 3, voters)],
    });
    add("a walk, and a checkpoint at its height under the old voters", plain, {
        height: 3,
        walk: (chain, from) => [step(chain, from, others, 3, voters)],
    });
    add("a walk, and a checkpoint above it under the old voters", plain, {
        walk: (chain, from) => [step(chain, from, others, 3, voters)],
    });
    add("a walk with too few signatures", plain, {
        validators: digest(others),
        walk: (chain, from) => [step(chain, from, others, 2, [[0, "alpha"]])],
    });
    add("a walk signed by those who come", plain, {
        validators: digest(others),
        walk: (chain, from) => [
            step(chain, from, others, 2, [
                [0, "alpha"],
                [2, "gamma"],
                [3, "epsilon"],
            ]),
        ],
    });
    add("a walk without signatures", plain, { validators: digest(quota), walk: () => [bare(quota)] });
    add("a walk without signatures to other voters", plain, {
        validators: digest(others),
        walk: () => [bare(others)],
    });
    add("a walk that nobody needs", plain, { walk: () => [bare(quota)] });
    const later = forge.configuration(["alpha", "beta", "gamma", "epsilon"], [4, 3, 2, 1], 2);
    add("a walk of two kinds of steps", plain, {
        validators: digest(later),
        walk: chain => [bare(quota), step(chain, quota, later, 3, voters)],
    });
    add("a walk whose header names the wrong set", plain, {
        validators: digest(later),
        walk: (chain, from) => [bare(quota), step(chain, from, later, 3, voters)],
    });
    add("a walk that falls back", plain, {
        validators: digest(later),
        walk: (chain, from) => [step(chain, from, others, 3, voters), step(chain, others, later, 3, voters)],
    });
    add("a walk to the same set again", plain, { walk: (chain, from) => [bare(from)] });
    const damaged = file(forge, plain, { anchored: {} });
    damaged[damaged.length - 1] ^= 1;
    all.push(["a checksum of other bytes", damaged, null]);
    const genesisChain = sha256(
        forge.genesis(forge.configuration(["alpha", "beta", "gamma", "delta"], [4, 3, 2, 1])),
    );
    const hex = bytes => Buffer.from(bytes).toString("hex");
    const trusted = (name, trust) => add(`trust: ${name}`, plain, { anchored: {} }, { v: 1, ...trust });
    trusted("nothing", {});
    trusted("chain and stream", { chain: hex(genesisChain), streams: [hex(alice.kid)] });
    trusted("another chain", { chain: hex(alice.kid) });
    trusted("another stream", { streams: [hex(bob.kid)] });
    trusted("another chain and stream", { chain: hex(alice.kid), streams: [hex(bob.kid)] });
    trusted("regtest", { bitcoin: { network: "regtest" } });
    trusted("main", { bitcoin: { network: "main" } });
    trusted("little work", { bitcoin: { work: "2" } });
    trusted("more work", { bitcoin: { work: "3" } });
    trusted("another block 5", { checkpoint: { height: 5, id: hex(alice.kid) } });
    trusted("another block 6", { checkpoint: { height: 6, id: hex(alice.kid) } });
    trusted("another block 7", { checkpoint: { height: 7, id: hex(alice.kid) } });
    trusted("another Bitcoin header", {
        bitcoin: { checkpoint: { header: hex(new Uint8Array(80)), height: 102 } },
    });
    trusted("a Bitcoin header elsewhere", {
        bitcoin: { checkpoint: { header: hex(new Uint8Array(80)), height: 7 } },
    });
    return all;
}
