-- Navi's own database: what a shop keeps. Money is in cents, quantities in thousandths of the unit, moments are ISO 8601 with
-- their offset, days ISO 8601.

CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE customers (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    document TEXT,
    email TEXT,
    phone TEXT,
    address TEXT
) STRICT;

CREATE TABLE products (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    barcode TEXT,
    unit TEXT NOT NULL,
    price_cents INTEGER NOT NULL CHECK (price_cents >= 0)
) STRICT;

CREATE TABLE stock (
    product_id INTEGER PRIMARY KEY REFERENCES products,
    quantity_milli INTEGER NOT NULL
) STRICT;

CREATE TABLE sales (
    id INTEGER PRIMARY KEY,
    sold_at TEXT NOT NULL,
    customer_id INTEGER REFERENCES customers,
    discount_cents INTEGER NOT NULL,
    total_cents INTEGER NOT NULL CHECK (total_cents >= 0)
) STRICT;

CREATE TABLE sale_items (
    sale_id INTEGER NOT NULL REFERENCES sales,
    number INTEGER NOT NULL,
    product_id INTEGER NOT NULL REFERENCES products,
    quantity_milli INTEGER NOT NULL CHECK (quantity_milli > 0),
    unit_price_cents INTEGER NOT NULL,
    total_cents INTEGER NOT NULL,
    PRIMARY KEY (sale_id, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE payments (
    sale_id INTEGER NOT NULL REFERENCES sales,
    number INTEGER NOT NULL,
    method TEXT NOT NULL,
    amount_cents INTEGER NOT NULL,
    PRIMARY KEY (sale_id, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE credits (
    id INTEGER PRIMARY KEY,
    customer_id INTEGER NOT NULL REFERENCES customers,
    sale_id INTEGER REFERENCES sales,
    created_on TEXT NOT NULL,
    total_cents INTEGER NOT NULL
) STRICT;

CREATE TABLE instalments (
    credit_id INTEGER NOT NULL REFERENCES credits,
    number INTEGER NOT NULL,
    due_on TEXT NOT NULL,
    amount_cents INTEGER NOT NULL,
    paid_cents INTEGER NOT NULL CHECK (paid_cents BETWEEN 0 AND amount_cents),
    PRIMARY KEY (credit_id, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE fiscal_notes (
    id INTEGER PRIMARY KEY,
    sale_id INTEGER REFERENCES sales,
    model TEXT NOT NULL,
    series INTEGER NOT NULL,
    number INTEGER NOT NULL,
    access_key TEXT NOT NULL,
    issued_at TEXT NOT NULL,
    total_cents INTEGER NOT NULL
) STRICT;
