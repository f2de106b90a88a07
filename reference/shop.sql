-- Link's own database: what a shop keeps. Money is in cents, quantities in thousandths of the unit, moments are ISO 8601 with
-- their offset, days ISO 8601. Numbers of customers, products, sales and credits are those they had in Navi.

PRAGMA application_id = 0x4C696E6B;  -- "Link"
PRAGMA user_version = 1;

CREATE TABLE customers (
    id INTEGER PRIMARY KEY CHECK (id > 0),
    name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 120),
    document TEXT CHECK (length(document) IN (11, 14)),  -- CPF or CNPJ, without mask
    email TEXT,
    phone TEXT,
    address TEXT
) STRICT;

CREATE TABLE products (
    id INTEGER PRIMARY KEY CHECK (id > 0),
    name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 120),
    barcode TEXT,
    unit TEXT NOT NULL CHECK (length(unit) BETWEEN 1 AND 6),
    price_cents INTEGER NOT NULL CHECK (price_cents >= 0)
) STRICT;

-- A product that is not here was never counted. Sold before it was booked in, there is less than nothing of it.
CREATE TABLE stock (
    product_id INTEGER PRIMARY KEY REFERENCES products (id),
    quantity_milli INTEGER NOT NULL
) STRICT;

CREATE TABLE sales (
    id INTEGER PRIMARY KEY CHECK (id > 0),
    sold_at TEXT NOT NULL,
    customer_id INTEGER REFERENCES customers (id),
    discount_cents INTEGER NOT NULL CHECK (discount_cents >= 0),
    total_cents INTEGER NOT NULL CHECK (total_cents >= 0)  -- the items' less the discount; what the payments add up to
) STRICT;

CREATE TABLE sale_items (
    sale_id INTEGER NOT NULL REFERENCES sales (id),
    number INTEGER NOT NULL CHECK (number > 0),
    product_id INTEGER NOT NULL REFERENCES products (id),
    quantity_milli INTEGER NOT NULL CHECK (quantity_milli > 0),
    unit_price_cents INTEGER NOT NULL CHECK (unit_price_cents >= 0),
    total_cents INTEGER NOT NULL CHECK (total_cents = (quantity_milli * unit_price_cents + 500) / 1000),
    PRIMARY KEY (sale_id, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE payments (
    sale_id INTEGER NOT NULL REFERENCES sales (id),
    number INTEGER NOT NULL CHECK (number > 0),
    method TEXT NOT NULL CHECK (method IN ('cash', 'debit', 'credit_card', 'pix', 'instalments', 'other')),
    amount_cents INTEGER NOT NULL CHECK (amount_cents >= 0),
    PRIMARY KEY (sale_id, number)
) STRICT, WITHOUT ROWID;

-- "Crediários": what a customer owes, in instalments. Of Navi's only those with something unpaid come over, whole.
CREATE TABLE credits (
    id INTEGER PRIMARY KEY CHECK (id > 0),
    customer_id INTEGER NOT NULL REFERENCES customers (id),
    sale_id INTEGER REFERENCES sales (id),
    created_on TEXT NOT NULL,
    total_cents INTEGER NOT NULL CHECK (total_cents >= 0)  -- the instalments'
) STRICT;

CREATE TABLE instalments (
    credit_id INTEGER NOT NULL REFERENCES credits (id),
    number INTEGER NOT NULL CHECK (number > 0),
    due_on TEXT NOT NULL,
    amount_cents INTEGER NOT NULL CHECK (amount_cents >= 0),
    paid_cents INTEGER NOT NULL CHECK (paid_cents BETWEEN 0 AND amount_cents),
    PRIMARY KEY (credit_id, number)
) STRICT, WITHOUT ROWID;

CREATE INDEX ix_sales_sold_at ON sales (sold_at);
CREATE INDEX ix_credits_customer_id ON credits (customer_id);

-- Where the rows above came from: none or one, written last, so that a database that was not finished has none.
CREATE TABLE restored (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    sha256 TEXT NOT NULL CHECK (length(sha256) = 64),  -- of the backup's ZIP
    document TEXT NOT NULL,                            -- the shop's CPF or CNPJ, by the backup's manifest
    manifest TEXT NOT NULL CHECK (json_valid(manifest)),
    counts TEXT NOT NULL CHECK (json_valid(counts)),   -- by entity, what was taken over
    receivable_cents INTEGER NOT NULL CHECK (receivable_cents >= 0),
    restored_at TEXT NOT NULL
) STRICT;

-- Who works with Link. They are made by hand, never restored.
CREATE TABLE users (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL COLLATE NOCASE UNIQUE CHECK (length(name) BETWEEN 1 AND 60),
    role TEXT NOT NULL CHECK (role IN ('admin', 'manager', 'cashier')),
    created_at TEXT NOT NULL
) STRICT;
