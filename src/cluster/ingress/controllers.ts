/** The controllers of Ingresses that are known, a line each. */
import type { IngressController } from "./controller.ts";
import { ingressNginx } from "./nginx/translate.ts";

const CONTROLLERS: readonly IngressController[] = [ingressNginx];

/** By what an IngressClass says; undefined: it is not known here. */
export function ingressController(name: string): IngressController | undefined {
  return CONTROLLERS.find((one) => one.name === name);
}

export const INGRESS_CONTROLLER_NAMES: readonly string[] = CONTROLLERS.map(({ name }) => name);
