/** What the first document of a lab file may say. */
import * as z from "zod";
import { capture } from "../checks/capture/declared-schema.ts";
import { checkDocument } from "../checks/registry.ts";
import { cluster, clusterName, clusterPart, namedCluster } from "../cluster/schema.ts";
import { namedFault } from "../faults/schema.ts";
import { engines } from "./engines-schema.ts";
import { argument, line, text } from "../syntax/scalar.ts";
import { step } from "../steps/schema.ts";
import { topology } from "../fabric/schema.ts";

export const API_VERSION = "k8snet-lab/v1";

export const labDocument = z.strictObject({
  apiVersion: z.literal(API_VERSION),
  kind: z.literal("Lab"),
  metadata: z.strictObject({
    name: z
      .string()
      .max(40)
      .regex(
        /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/,
        "must be a DNS label: lower-case letters, digits and '-', starting and ending with a letter or digit",
      )
      .describe("DNS label, at most 40 characters"),
    title: line.optional().describe("One line about the lab"),
    description: text.optional().describe("Teaching text, markdown"),
    solution: text
      .optional()
      .describe("Markdown: what is broken on purpose and how to fix it; shown by `k8snet-lab solution` only"),
  }),
  spec: z.strictObject({
    topology: topology.optional().describe("Raw layer: namespaces, links, bridges, VXLANs, routes"),
    cluster: cluster.optional().describe("Cluster layer; compiles to the raw layer"),
    clusters: z
      .record(clusterName, namedCluster)
      .optional()
      .describe("Several clusters by name, joined by the lab's router; cluster is short for one"),
    manifests: z
      .array(argument.min(1))
      .optional()
      .describe("Files or folders with Kubernetes manifests, relative to this file"),
    engines: engines.optional(),
    fault: z
      .strictObject({
        topology: topology.optional(),
        cluster: clusterPart.optional(),
        clusters: z.record(clusterName, clusterPart).optional(),
      })
      .optional()
      .describe(
        "What is broken on purpose, overlaid on topology and cluster: maps are merged, lists replaced. Once fixed, `up` does not break it again (`up --reset` does)",
      ),
    faults: z
      .array(namedFault)
      .optional()
      .describe(
        "Faults that steps, `k8snet-lab fault` and `chaos` switch on by name, and off again; none is active at first",
      ),
    captures: z.array(capture).optional().describe("Where to record packets while the checks run"),
    checks: z.array(checkDocument).optional().describe("What must be true of the lab"),
    steps: z.array(step).optional().describe("Changes made to the running lab after the checks, in this order"),
  }),
});

export type LabDocument = z.infer<typeof labDocument>;
