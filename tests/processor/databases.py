"""A pipeline's database, migrated once a server: taken from those that are free, or copied from the first.

A database that comes back is emptied and compared with the first. One in which a test has changed more than rows (a
constraint, a right, a trigger) is left alone, and nobody is given it again.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

import psycopg
from psycopg import sql

from processes.postgres import Postgres, database_url
from processor.schema.migrate import migrate

TEMPLATE = "assessments_template"
OURS = "n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg\\_%'"
TABLES = f"""
SELECT format('%I.%I', n.nspname, c.relname), string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
WHERE c.relkind = 'r' AND {OURS} GROUP BY 1 ORDER BY 1
"""
"""Those that hold rows: a partitioned one's are its partitions'."""

SEQUENCES = f"""
SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'S' AND {OURS} ORDER BY 1
"""
SHAPE = f"""
WITH shape AS (
  SELECT concat_ws(' ', 'relation', n.nspname, c.relname, c.relkind, c.relowner::regrole, c.relacl, c.relrowsecurity,
                   c.relforcerowsecurity, c.reloptions) AS line
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE {OURS}
  UNION ALL SELECT concat_ws(' ', 'column', c.relname, a.attnum, a.attname, a.atttypid, a.attnotnull, a.atthasdef)
  FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE a.attnum > 0 AND c.relkind IN ('r', 'p', 'v') AND {OURS}
  UNION ALL SELECT concat_ws(' ', 'constraint', o.conrelid::regclass, o.conname, o.contype, o.convalidated)
  FROM pg_constraint o JOIN pg_namespace n ON n.oid = o.connamespace WHERE {OURS}
  UNION ALL SELECT concat_ws(' ', 'trigger', t.tgrelid::regclass, t.tgname, t.tgenabled, t.tgfoid)
  FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE NOT t.tgisinternal AND {OURS}
  UNION ALL SELECT concat_ws(' ', 'function', p.proname, md5(p.prosrc), p.proacl, p.prosecdef, p.proowner::regrole)
  FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE {OURS}
  UNION ALL SELECT concat_ws(' ', 'policy', l.polrelid::regclass, l.polname, l.polcmd, l.polroles) FROM pg_policy l
  UNION ALL SELECT concat_ws(' ', 'schema', n.nspname, n.nspacl) FROM pg_namespace n WHERE {OURS}
  UNION ALL SELECT concat_ws(' ', 'setting', s.setrole::regrole, s.setconfig) FROM pg_db_role_setting s
  JOIN pg_database d ON d.oid = s.setdatabase AND d.datname = current_database()
) SELECT md5(string_agg(line, E'\\n' ORDER BY line)) FROM shape
"""


@dataclass
class Databases:
    """The databases of one server."""

    server: Postgres
    owner: str
    free: list[str] = field(default_factory=list)
    tables: dict[str, str] = field(default_factory=dict)
    rows: dict[str, bytes] = field(default_factory=dict)
    sequences: dict[str, tuple[int, bool]] = field(default_factory=dict)
    shape: str = ""

    def take(self, owner_password: str) -> str:
        """Return the name of an empty, migrated database that nobody else has."""
        if not self.shape:
            self._migrate(owner_password)
        if self.free:
            return self.free.pop()
        name = f"assessments_{secrets.token_hex(4)}"
        self._make(name, TEMPLATE)
        return name

    def _make(self, name: str, template: str) -> None:
        with psycopg.connect(self.server.url, autocommit=True) as server:
            statement = sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER {}")
            names = (name, template, self.owner)
            server.execute(statement.format(*map(sql.Identifier, names)))

    def _migrate(self, owner_password: str) -> None:
        """Make the first database as the migration does it, by a user that is no superuser, and remember it."""
        self._make(TEMPLATE, "template1")
        url = database_url(self.server.port, owner_password, TEMPLATE).replace("//homeroom:", f"//{self.owner}:")
        with psycopg.connect(url) as owner:
            migrate(owner)
        template = database_url(self.server.port, self.server.password, TEMPLATE)
        with psycopg.connect(template, host=self.server.host, autocommit=True) as admin:
            self.tables = dict(admin.execute(TABLES).fetchall())
            for table, columns in self.tables.items():
                with admin.cursor().copy(f"COPY {table} ({columns}) TO STDOUT".encode()) as copy:
                    if data := b"".join(copy):
                        self.rows[table] = data
            self.sequences = {name: _position(admin, name) for (name,) in admin.execute(SEQUENCES).fetchall()}
            self.shape = _shape(admin)

    def give_back(self, name: str, admin: psycopg.Connection) -> None:
        """Empty a database for the next, or leave it where it has become another one."""
        with admin.transaction():
            # Whoever still holds a connection has no further use for it: its test has ended.
            admin.execute(
                "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            tables: dict[str, str] = dict(admin.execute(TABLES).fetchall())
            # A partition for each school year that was seen.
            for table in sorted(tables.keys() - self.tables.keys()):
                admin.execute(f"DROP TABLE {table}".encode())
            if _shape(admin) != self.shape:
                return
            # Neither triggers nor foreign keys: the record of access refuses to be emptied.
            admin.execute("SET LOCAL session_replication_role = replica")
            admin.execute("; ".join(f"DELETE FROM {table}" for table in self.tables).encode())
            for table, rows in self.rows.items():
                with admin.cursor().copy(f"COPY {table} ({self.tables[table]}) FROM STDIN".encode()) as copy:
                    copy.write(rows)
            for sequence, (last, called) in self.sequences.items():
                admin.execute("SELECT setval(%s, %s, %s)", (sequence, last, called))
        self.free.append(name)


def _position(admin: psycopg.Connection, sequence: str) -> tuple[int, bool]:
    row = admin.execute(f"SELECT last_value, is_called FROM {sequence}".encode()).fetchone()
    assert row is not None
    return int(row[0]), bool(row[1])


def _shape(admin: psycopg.Connection) -> str:
    row = admin.execute(SHAPE.encode()).fetchone()
    assert row is not None
    return str(row[0])
