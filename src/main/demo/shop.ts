/** How much of a shop there is. */
const CUSTOMERS = 4_000;
const ORDERS = 40_000;

/**
 * The production database: a shop with a year and a half of orders. Made by the server itself, from a
 * fixed seed, in about a second; constraints come after the rows, which is faster.
 */
export const SHOP_SQL = `
SELECT setseed(0.12);

CREATE TABLE customers (
  id int, name text NOT NULL, email text NOT NULL, country text NOT NULL, created_at timestamptz NOT NULL);
INSERT INTO customers
SELECT n, first || ' ' || last, lower(first) || '.' || lower(last) || n || '@example.com', country,
  now() - make_interval(days => 540 + (random() * 900)::int)
FROM (SELECT n,
  (ARRAY['Anna','Ben','Clara','Davide','Elif','Felix','Greta','Hugo','Ines','Jonas','Kim','Lena','Mateo','Noor','Olga','Paul'])[1 + floor(random() * 16)::int] AS first,
  (ARRAY['Adler','Bauer','Costa','Dubois','Eriksen','Ferrari','Garcia','Hansen','Ivanova','Jansen','Kaya','Lopez','Moreau','Novak','Okafor','Peeters'])[1 + floor(random() * 16)::int] AS last,
  (ARRAY['DE','DE','DE','FR','FR','NL','IT','ES','AT','PL'])[1 + floor(random() * 10)::int] AS country
  FROM generate_series(1, ${CUSTOMERS}) n) made;

CREATE TABLE order_items (
  order_id int, line int, product text NOT NULL, quantity int NOT NULL, unit_price numeric(8,2) NOT NULL);
INSERT INTO order_items
SELECT o, line,
  (ARRAY['Rain jacket','Wool socks','Headlamp','Tent, 2 persons','Stove','Water filter','Backpack 40 l','Sleeping mat'])[p],
  1 + floor(random() * random() * 4)::int,
  (ARRAY[129.00, 14.50, 39.90, 289.00, 74.00, 45.00, 159.00, 62.00])[p]
FROM (SELECT o, line, 1 + floor(random() * 8)::int AS p
  FROM generate_series(1, ${ORDERS}) o, generate_series(1, 1 + o * 7919 % 4) line) made;

CREATE TABLE orders (
  id int, customer_id int NOT NULL, status text NOT NULL, total numeric(10,2) NOT NULL, created_at timestamptz NOT NULL);
INSERT INTO orders
SELECT o, 1 + floor(random() * random() * ${CUSTOMERS})::int,
  CASE WHEN o > ${ORDERS} - 300 THEN 'paid' WHEN random() < 0.02 THEN 'refund due' WHEN random() < 0.03 THEN 'refunded' ELSE 'delivered' END,
  total, now() - make_interval(mins => (${ORDERS} - o) * 19)
FROM (SELECT order_id AS o, sum(quantity * unit_price) AS total FROM order_items GROUP BY order_id ORDER BY order_id) made;

ALTER TABLE customers ADD PRIMARY KEY (id);
ALTER TABLE orders ADD PRIMARY KEY (id), ADD FOREIGN KEY (customer_id) REFERENCES customers;
ALTER TABLE order_items ADD PRIMARY KEY (order_id, line), ADD FOREIGN KEY (order_id) REFERENCES orders;
ANALYZE;`;
