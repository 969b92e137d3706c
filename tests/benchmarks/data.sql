-- The benchmark's data: the same rows for the same sizes, wherever it runs.
-- Ids are hashes, as the product's are. Rows arrive as they would: orders of all merchants mixed,
-- in order of time; traffic day by day, shop by shop.
-- Sizes: %(merchants)s, %(shops)s, %(customers)s and %(products)s per merchant, %(orders)s per
-- merchant, %(days)s days of traffic; %(first)s is the number of the first merchant.

CREATE OR REPLACE FUNCTION pg_temp.id_of(kind text, number bigint) RETURNS bigint
IMMUTABLE LANGUAGE sql AS $$ SELECT hashtextextended(kind || number, 0) & 9223372036854775807 $$;

-- A number from 0 to below `options` that looks random, but is the same every time.
CREATE OR REPLACE FUNCTION pg_temp.pick(number bigint, about int, options int) RETURNS int
IMMUTABLE LANGUAGE sql AS $$
  SELECT ((hashint8extended(number, about) & 9223372036854775807) %% options)::int
$$;

CREATE TEMPORARY TABLE m AS
SELECT n, pg_temp.id_of('merchant', n) AS id,
       CASE n %% 10 WHEN 9 THEN 'JPY' ELSE 'CNY' END AS currency
FROM generate_series(%(first)s, %(first)s + %(merchants)s - 1) n;

INSERT INTO merchants (id, name, time_zone, currency, created_at)
SELECT id, 'Merchant ' || n, 'Asia/Shanghai', currency, '2024-01-01Z' FROM m;

INSERT INTO shops (merchant_id, id, marketplace, platform_id, name, time_zone, currency, config,
                   active, created_at)
SELECT m.id, pg_temp.id_of('shop', m.n * 1000 + s), 'bazaar', 'shop-' || s, 'Shop ' || s,
       'Asia/Shanghai', m.currency, '{}', true, '2024-01-01Z'
FROM m, generate_series(0, %(shops)s - 1) s;

INSERT INTO customers (merchant_id, id, shop_id, platform_id, nickname, country, region)
SELECT m.id, pg_temp.id_of('customer', m.n * 1000000 + c),
       pg_temp.id_of('shop', m.n * 1000 + c %% %(shops)s), 'buyer-' || c, '买家 ' || c, 'CN',
       (ARRAY['Zhejiang', 'Guangdong', 'Jiangsu', 'Sichuan'])[1 + c %% 4]
FROM m, generate_series(0, %(customers)s - 1) c;

INSERT INTO products (merchant_id, id, shop_id, platform_id, title, code, category, status,
                      platform_status, currency, price, listed_at, updated_at)
SELECT m.id, pg_temp.id_of('product', m.n * 1000000 + p),
       pg_temp.id_of('shop', m.n * 1000 + p %% %(shops)s), 'item-' || p,
       'Lantern "' || p || '" 灯笼, hand made', 'C-' || p, 'Home', 'on_sale', 'onsale', m.currency,
       900 + pg_temp.pick(p, 1, 50000), '2024-02-01Z', '2026-11-01Z'
FROM m, generate_series(0, %(products)s - 1) p;

CREATE TEMPORARY TABLE o AS
SELECT m.id AS merchant_id, m.n AS merchant, m.currency, m.n * 10000000 + i AS number, i,
       pg_temp.pick(m.n * 10000000 + i, 2, %(customers)s) AS c,
       pg_temp.pick(m.n * 10000000 + i, 3, 20) AS fate,
       500 + pg_temp.pick(m.n * 10000000 + i, 4, 90000) AS paid,
       '2026-11-20T12:00Z'::timestamptz - (%(orders)s - i) * ('400 days'::interval / %(orders)s)
       - m.n * '1 second'::interval AS at
FROM generate_series(1, %(orders)s) i, m
ORDER BY i, m.n;

INSERT INTO orders (merchant_id, id, shop_id, platform_id, kind, status, platform_status,
                    platform_type, channel, customer_id, currency, items_amount, discount, freight,
                    paid_amount, reported_amount, ordered_at, order_day, paid_at, sale_day,
                    ended_at, updated_at)
SELECT merchant_id, pg_temp.id_of('order', number),
       pg_temp.id_of('shop', merchant * 1000 + c %% %(shops)s), 'T' || number, 'sale',
       CASE WHEN fate = 0 THEN 'cancelled' WHEN fate < 4 THEN 'shipped' ELSE 'completed' END,
       CASE WHEN fate = 0 THEN 'TRADE_CLOSED' WHEN fate < 4 THEN 'WAIT_BUYER_CONFIRM_GOODS'
            ELSE 'TRADE_FINISHED' END,
       'fixed', (ARRAY['search', 'live', 'social', 'direct'])[1 + i %% 4],
       CASE WHEN fate %% 10 = 9 THEN NULL ELSE pg_temp.id_of('customer', merchant * 1000000 + c) END,
       currency, paid + paid / 10, paid / 10, 0, paid, NULL,
       date_trunc('second', at), (at AT TIME ZONE 'Asia/Shanghai')::date,
       CASE WHEN fate > 0 THEN date_trunc('second', at) + '5 minutes'::interval END,
       CASE WHEN fate > 0 THEN (at AT TIME ZONE 'Asia/Shanghai')::date END,
       NULL, date_trunc('second', at) + '3 days'::interval
FROM o;

INSERT INTO order_lines (merchant_id, id, shop_id, order_id, platform_id, ordinal, kind, product_id,
                         title, quantity, currency, unit_price, discount, amount, platform_status,
                         platform_refund_status, sale_day)
SELECT merchant_id, pg_temp.id_of('line', number * 10 + l),
       pg_temp.id_of('shop', merchant * 1000 + c %% %(shops)s), pg_temp.id_of('order', number),
       'T' || number || '-' || l, l, 'sale',
       CASE WHEN p %% 50 = 7 THEN NULL ELSE pg_temp.id_of('product', merchant * 1000000 + p) END,
       'Lantern "' || p || '" 灯笼, hand made', 1 + (p + l) %% 3, currency, 900 + p, 0,
       (900 + p) * (1 + (p + l) %% 3), 'TRADE_FINISHED', 'NO_REFUND',
       CASE WHEN fate > 0 THEN (at AT TIME ZONE 'Asia/Shanghai')::date END
FROM (SELECT o.*, l, pg_temp.pick(number * 10 + l, 5, %(products)s) AS p
      FROM o, generate_series(1, 1 + pg_temp.pick(number, 6, 4)) l) AS lines;

INSERT INTO traffic_days (merchant_id, shop_id, day, channel, campaign, device, level, currency,
                          impressions, clicks, visits, visitors, orders, buyers, amount, source)
SELECT m.id, pg_temp.id_of('shop', m.n * 1000 + s), '2026-11-20'::date - d, channel.name, '', 'all',
       channel.level, m.currency, 1000 + x * 7, 100 + x, 80 + x, 60 + x, x %% 50, x %% 40,
       (x %% 50) * 9900, 'synthetic'
FROM generate_series(0, %(days)s - 1) d, m, generate_series(0, %(shops)s - 1) s,
     (VALUES (1, 'search', 'organic'), (2, 'recommend', 'organic'), (3, 'direct', 'organic'),
             (4, 'paid_search', 'paid'), (5, 'display', 'paid'), (6, 'affiliate', 'paid'),
             (7, 'live', 'social'), (8, 'video', 'social')) AS channel (n, name, level),
     LATERAL (SELECT pg_temp.pick(d * 100000 + m.n * 1000 + s * 10 + channel.n, 7, 5000)) AS y (x)
ORDER BY d DESC, m.n, s, channel.n;

DROP TABLE m, o;
