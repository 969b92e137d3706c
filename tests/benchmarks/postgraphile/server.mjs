// PostGraphile over the benchmark's database, as its manual says to run it in production: no watch,
// no explain, no IDE. The tables declare no foreign keys for two of the relations that are asked
// for, so smart tags name them; day ranges need the filter plugin, and totals the aggregates one.
import { createServer } from "node:http";
import { PgAggregatesPreset } from "@graphile/pg-aggregates";
import { postgraphile } from "postgraphile";
import { makePgService } from "postgraphile/adaptors/pg";
import { grafserv } from "postgraphile/grafserv/node";
import { PostGraphileAmberPreset } from "postgraphile/presets/amber";
import { makePgSmartTagsPlugin } from "postgraphile/utils";
import { PostGraphileConnectionFilterPreset } from "postgraphile-plugin-connection-filter";

const [url, port] = process.argv.slice(2);

const relations = makePgSmartTagsPlugin([
  {
    kind: "class",
    match: "orders",
    tags: {
      foreignKey:
        "(merchant_id, customer_id) references customers (merchant_id, id)|@fieldName customer",
    },
  },
  {
    kind: "class",
    match: "order_lines",
    tags: {
      foreignKey:
        "(merchant_id, product_id) references products (merchant_id, id)|@fieldName product",
    },
  },
  {
    kind: "attribute",
    match: "traffic_days.currency",
    tags: { behavior: "+orderBy +attribute:groupBy" },
  },
]);

const preset = {
  extends: [PostGraphileAmberPreset, PgAggregatesPreset, PostGraphileConnectionFilterPreset],
  plugins: [relations],
  pgServices: [makePgService({ connectionString: url, schemas: ["public"] })],
  grafast: { explain: false },
  grafserv: { graphqlPath: "/graphql", graphiql: false, watch: false, websockets: false },
};

const pgl = postgraphile(preset);
const server = createServer();
server.on("error", (error) => {
  console.error(error);
  process.exit(1);
});
await pgl.createServ(grafserv).addTo(server);
server.listen(Number(port), "127.0.0.1");
