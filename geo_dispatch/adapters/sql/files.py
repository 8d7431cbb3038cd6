"""The contents of files in SQL, each kept once, and which orders have them."""

from __future__ import annotations

from sqlalchemy import Column, Connection, ForeignKey, LargeBinary, String, Table, select
from sqlalchemy.dialects import postgresql, sqlite

from geo_dispatch.adapters.sql.tables import Id, metadata

Sha256 = String(64)

contents_table = Table(
    "file_contents",
    metadata,
    Column("sha256", Sha256, primary_key=True),
    Column("content", LargeBinary, nullable=False),
)

files_table = Table(
    "order_files",
    metadata,
    Column("order_id", Id, ForeignKey("work_orders.id"), primary_key=True),
    Column("sha256", Sha256, ForeignKey("file_contents.sha256"), primary_key=True),
)


class Files:
    """Contents by hash. The event log tells what they are called, and who sent them."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def put(self, order_id: str, sha256: str, content: bytes) -> bool:
        """Keep the content for the order; False if the order has it already."""
        self._insert_new(contents_table, sha256=sha256, content=content)
        return self._insert_new(files_table, order_id=order_id, sha256=sha256)

    def content(self, order_id: str, sha256: str) -> bytes | None:
        """The content, if the order has it."""
        return self.contents(order_id, sha256).get(sha256)

    def contents(self, order_id: str, *sha256s: str) -> dict[str, bytes]:
        """What the order has, by hash; all of it unless hashes are given."""
        statement = (
            select(contents_table)
            .join(files_table, files_table.c.sha256 == contents_table.c.sha256)
            .where(files_table.c.order_id == order_id)
        )
        if sha256s:
            statement = statement.where(contents_table.c.sha256.in_(sha256s))
        return {row.sha256: bytes(row.content) for row in self._connection.execute(statement)}

    def _insert_new(self, table: Table, **row: object) -> bool:
        """Insert the row unless its key is there; on PostgreSQL a racing writer is waited for."""
        dialect = postgresql if self._connection.dialect.name == "postgresql" else sqlite
        statement = dialect.insert(table).values(**row).on_conflict_do_nothing()
        counted = {"preserve_rowcount": True}  # else an insert says -1 on PostgreSQL
        return self._connection.execute(statement, execution_options=counted).rowcount == 1
