// Prints what Google's csp_evaluator, as installed beside this file, finds in each policy: `node ... < POLICIES.json`.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const { CspParser } = require("csp_evaluator/dist/parser.js");
const { CspEvaluator } = require("csp_evaluator/dist/evaluator.js");

const found = JSON.parse(readFileSync(0, "utf8")).map((policy) =>
  new CspEvaluator(new CspParser(policy).csp).evaluate().map(({ severity, directive, value, description }) => ({
    severity,
    directive,
    value,
    description,
  })),
);
console.log(JSON.stringify(found));
