import type { Config } from "../../../schema/config.ts";
import type { Root } from "../../discover.ts";
import { rootsOf } from "../root.ts";
import { cowork } from "./source.ts";

export const coworkRoots = (config: Config): Root[] => rootsOf(cowork, config.cowork_roots);
