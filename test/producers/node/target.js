// A program that spins and holds memory, profiled by what its argument names:
// Google's pprof, or @datadog/pprof, which grew out of it.
'use strict';

const http = require('http');
const pprof = require(process.argv[2]);

const HEAP_INTERVAL = 64 << 10, HEAP_DEPTH = 64;

// Calls itself: what only loops is made part of its caller.
function nodeSpins(n) {
  return n < 2 ? n : nodeSpins(n - 1) + nodeSpins(n - 2);
}

function nodeHolds() {
  return Array.from({length: 20000}, (_, i) => ({name: `held ${i}`, more: [i, i + 1]}));
}

async function timeProfile(url) {
  const seconds = Number(url.searchParams.get('seconds'));
  return pprof.time.profile({durationMillis: seconds * 1000, intervalMicros: 1000});
}

const routes = {
  '/debug/pprof/profile': timeProfile,
  '/debug/pprof/heap': () => pprof.heap.profile(),
};

async function answer(request, response) {
  const url = new URL(request.url, 'http://target');
  const route = routes[url.pathname];
  if (!route) return response.writeHead(404).end();
  try {
    response.end(await pprof.encode(await route(url)));
  } catch (error) {
    response.writeHead(500).end(String(error));
  }
}

pprof.heap.start(HEAP_INTERVAL, HEAP_DEPTH);
global.held = nodeHolds();
setInterval(nodeSpins, 5, 27);
const server = http.createServer(answer).listen(0, '127.0.0.1', () => {
  console.log(`listening on 127.0.0.1:${server.address().port}`);
});
