// Asks the MDN HTTP Observatory from npm, as installed beside this file, for its judgement.
//
//   node observatory.mjs visit HOST HTTP_PORT HTTPS_PORT    visits a server; prints {score, grade, results}
//   node observatory.mjs cases < CASES.json                 judges answers that are given; prints a list of the same
import { readFileSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import path from "node:path";
import { AxiosHeaders } from "axios";
import { CookieJar } from "tough-cookie";

const source = process.env.OBSERVATORY_SOURCE ?? "node_modules/@mdn/mdn-http-observatory/src";
const load = (file) => import(pathToFileURL(path.resolve(source, file)).href);
const { ALL_TESTS } = await load("constants.js");
const { getGradeForScore, getScoreModifier } = await load("grader/grader.js");
const { MINIMUM_SCORE_FOR_EXTRA_CREDIT } = await load("grader/charts.js");
const { retrieve } = await load("retriever/retriever.js");
const { parseHttpEquivHeaders } = await load("retriever/utils.js");
const { HTML_TYPES } = await load("types.js");

function judged(requests) {
  const results = {};
  let penalties = 100;
  let whole = 100;
  for (const test of ALL_TESTS) {
    const output = test(requests);
    const points = getScoreModifier(output.result);
    results[output.constructor.name] = output.result;
    whole += points;
    penalties += Math.min(points, 0);
  }
  const { score, grade } = getGradeForScore(penalties >= MINIMUM_SCORE_FOR_EXTRA_CREDIT ? whole : penalties);
  return { score, grade, results };
}

function given({ host, headers, html, chain, cookies }) {
  const page = { status: 200, headers: new AxiosHeaders(headers), verified: true, data: html };
  const isPage = HTML_TYPES.has(headers["content-type"]?.split(";", 1)[0]);
  page.httpEquiv = isPage ? parseHttpEquivHeaders(html, `https://${host}/`) : new Map();
  const hops = chain.map((url) => ({ url: new URL(url), status: 200 }));
  const asked = { origin: "https://http-observatory.security.mozilla.org" };
  return judged({
    hostname: host,
    site: { hostname: host },
    responses: {
      auto: page,
      https: page,
      http: hops.length ? page : null,
      cors: { ...page, request: { headers: asked } },
      httpRedirects: hops,
      httpsRedirects: hops,
    },
    resources: { path: html },
    session: {
      url: new URL(`https://${host}/`),
      jar: { serializeSync: () => ({ cookies }) },
    },
  });
}

const [mode, host, httpPort, httpsPort] = process.argv.slice(2);
let answer;
if (mode === "visit") {
  answer = judged(await retrieve(host, { httpPort, httpsPort }));
} else {
  answer = JSON.parse(readFileSync(0, "utf8")).map((one) => {
    const jar = new CookieJar();
    for (const line of one.set_cookies) {
      jar.setCookieSync(line, `https://${one.host}/`, { ignoreError: true });
    }
    return given({ ...one, cookies: jar.serializeSync().cookies });
  });
}
writeFileSync(1, JSON.stringify(answer) + "\n");
process.exit(0);
