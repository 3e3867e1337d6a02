// Sends a file by tus-js-client, and says in lines of JSON what came of it.
//
// node upload.mjs JOB, where JOB is JSON: endpoint or uploadUrl, file, id, chunkSize, retryDelays, stopAt; ca, cert and
// key are paths. LIANXIN_TUS is the folder that `make` printed.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

const require = createRequire(`${process.env.LIANXIN_TUS}/`)
const tus = require('tus-js-client')

const job = JSON.parse(process.argv[2])
const read = (path) => readFileSync(path)
const say = (line) => console.log(JSON.stringify(line))

const upload = new tus.Upload(read(job.file), {
  endpoint: job.endpoint,
  uploadUrl: job.uploadUrl,
  metadata: { id: job.id },
  chunkSize: job.chunkSize ?? Number.POSITIVE_INFINITY,
  retryDelays: job.retryDelays ?? null,
  httpStack: new tus.DefaultHttpStack({ ca: read(job.ca), cert: read(job.cert), key: read(job.key) }),
  onChunkComplete(_, accepted) {
    say({ accepted })
    if (job.stopAt && accepted >= job.stopAt) {
      upload.abort().then(() => say({ stopped: accepted, path: new URL(upload.url).pathname }))
    }
  },
  onSuccess: () => say({ done: true }),
  onError(error) {
    say({ failed: error.originalResponse?.getStatus() ?? 0, body: error.originalResponse?.getBody() ?? String(error) })
  },
})
upload.start()
