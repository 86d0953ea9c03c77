// What express-session and cookie-session add to one request, without sockets: CPU time of this process, JSON out.
// Run by bench.sessions_node, in a folder whose node_modules has both packages.
"use strict";
const { createRequire } = require("node:module");
const { IncomingMessage, ServerResponse } = require("node:http");
const { Writable } = require("node:stream");
const path = require("node:path");

const peer = createRequire(path.join(process.argv[2], "package.json"));
const rounds = Number(process.argv[3] || 15), calls = Number(process.argv[4] || 2000);
const secret = "q9vJ2mX7cT4bL8wZ1rN6kY3pD5hF0sGa-xUe";
const data = { user: "4711", cart: [17, 23, 42], lang: "en", seen: 0 };
let number = 0;
const acts = {
  untouched: () => {},
  read: (session) => { if (session.user !== "4711") throw new Error("no session"); },
  changed: (session) => { session.seen = ++number; },
};

function request(middleware, act, cookie) {
  return new Promise((resolve, reject) => {
    const sink = new Writable({ write(chunk, encoding, done) { done(); } });
    const req = new IncomingMessage(sink);
    Object.assign(req, { method: "GET", url: "/shop/items/42", originalUrl: "/shop/items/42" });
    req.headers = { host: "app.example", accept: "text/html", ...(cookie ? { cookie } : {}) };
    const res = new ServerResponse(req);
    res.assignSocket(sink);
    res.on("finish", () => resolve(res));
    const answer = (error) => {
      if (error) return reject(error);
      act(req.session, req);
      res.setHeader("content-type", "text/html");
      res.end("hello");
    };
    if (middleware) middleware(req, res, answer); else answer();
  });
}

const begin = (session) => Object.assign(session, data);
const cookieOf = (res) => [res.getHeader("set-cookie")].flat().map((line) => line.split(";")[0]).join("; ");
const makers = {
  peer_express_session_memory: () => peer("express-session")({ secret, resave: false, saveUninitialized: false }),
  peer_cookie_session_signed: () => peer("cookie-session")({ keys: [secret], signed: true }),
};

async function timed(middleware, act, cookie) {
  const start = process.cpuUsage();
  for (let i = 0; i < calls; i++) await request(middleware, act, cookie);
  const spent = process.cpuUsage(start);
  return (spent.user + spent.system) / calls;
}

const median = (rows) => rows.sort((a, b) => a - b)[Math.floor(rows.length / 2)];

(async () => {
  const found = { node: process.version };
  for (const [title, act] of Object.entries(acts)) {
    const rows = {};
    const subjects = [];
    for (const [name, make] of Object.entries(makers)) {
      const middleware = make();
      subjects.push([name, middleware, act, cookieOf(await request(middleware, begin, ""))]);
    }
    for (let round = -4; round < rounds; round++) {
      const bare = await timed(null, () => {}, "");
      for (const [name, middleware, does, cookie] of subjects) {
        const cost = (await timed(middleware, does, cookie)) - bare;
        if (round >= 0) (rows[name] ||= []).push(cost);
      }
    }
    found[title] = Object.fromEntries(Object.entries(rows).map(([name, costs]) => [name, Number(median(costs).toFixed(2))]));
  }
  console.log(JSON.stringify(found));
})();
