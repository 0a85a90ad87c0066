/** Tells what the page offers: its services, and each model with its shapes and what it would ask. */
import {
  MODELS,
  SERVICES,
  choices,
  listedModel,
  modelOf,
  shapeRequest,
} from "../../public/page/models.js";

/** @type {{listed: [string, string][], geekai: string[]}} */
const { listed, geekai } = JSON.parse(process.argv[2] ?? "");

/** @param {import("../../public/page/models.js").Model} model */
const offered = (model) => ({
  ...model,
  requests: choices(model).map((choice) => ({ choice, request: shapeRequest(model, choice) })),
  unshaped: shapeRequest(model, {}),
});

console.log(
  JSON.stringify({
    services: SERVICES,
    models: [...MODELS, ...geekai.map((name) => modelOf("geekai", name))].map(offered),
    table: MODELS.map(({ service, name }) => `${service}/${name}`),
    listed: listed.map(([id, owner]) => {
      const model = listedModel(id, owner);
      return `${model?.service}/${model?.name}`;
    }),
  }),
);
