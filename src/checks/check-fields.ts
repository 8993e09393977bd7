/** Fields of `spec.checks` that several kinds of checks have. */
import * as z from "zod";
import { duration, line, target, text } from "../syntax/scalar.ts";

/** Outcome of a connection. */
export const outcome = z.enum(["open", "refused", "reset", "timeout", "unreachable", "noname"]);

const failure = z.union([z.boolean(), z.literal("fault")]).optional();

const networkWords = z.union([line, z.array(line).min(1)]);

/** All kinds have these. */
export const checkFields = {
  name: line.min(1).describe("Unique within the lab; for humans"),
  within: duration.optional().describe("How long to wait for the expected result, default 5s"),
  timeout: duration.optional().describe("Time for one attempt, default 1s"),
  family: z
    .enum(["ipv4", "ipv6", "both"])
    .optional()
    .describe("Default: by the address; for names the lab's first, for targets of a dual-stack lab both"),
  explain: text.optional().describe("Teaching text"),
  expectFailure: failure.describe(
    "true: this check must fail. fault: it fails until what is broken on purpose is fixed; either result is accepted",
  ),
  only: networkWords
    .optional()
    .describe(
      "Network plugins or modes of kube-proxy with which the check is made; with others it is left out: calico, flannel tunnel, iptables",
    ),
  plugins: z
    .record(line, z.union([line, z.record(z.string(), z.unknown())]))
    .optional()
    .describe(
      "What differs with network plugins: for the first that fits fields of the check, laid over it (null removes one), or why the check is left out",
    ),
  fails: failure.describe("Older spelling of expectFailure"),
};

/** Kinds that are made from somewhere. */
export const from = z.union([target, z.array(target).min(1)]).describe("A target or a list; each must pass");

/** What a server's answer must be. */
export const answer = {
  outcome: outcome.optional(),
  sourceIP: target.optional().describe("The source address that the server saw: target or address"),
  hostname: line.optional().describe("Which target answered"),
};
