//! What the database holds.

use std::collections::BTreeMap;

use sea_orm::{ConnectionTrait as _, DbBackend, Statement};

use super::Service;

impl Service {
    /// Every row of every table as text, whichever tables there are.
    pub(crate) async fn tables(&self) -> BTreeMap<String, Vec<String>> {
        let mut tables = BTreeMap::new();
        let names = match self.backend() {
            DbBackend::Sqlite => {
                "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
            }
            _ => "SELECT CAST(tablename AS text) FROM pg_tables WHERE schemaname = current_schema()",
        };
        for name in self.texts(names).await {
            let row = match self.backend() {
                DbBackend::Sqlite => {
                    let columns =
                        format!("SELECT 'quote(\"' || name || '\")' FROM pragma_table_info('{name}')");
                    self.texts(&columns).await.join(" || ',' || ")
                }
                _ => format!("CAST({name} AS text)"),
            };
            let rows = self.texts(&format!("SELECT {row} AS line FROM \"{name}\" ORDER BY line")).await;
            tables.insert(name, rows);
        }
        tables
    }

    /// Runs a statement that no operation would.
    pub(crate) async fn tamper(&self, statement: &str) {
        let statement = statement.to_owned();
        let write = self.app.database.write(async move |tx| {
            tx.execute_unprepared(&statement).await?;
            Ok(())
        });
        write.await.unwrap();
    }

    fn backend(&self) -> DbBackend {
        self.app.database.reader().get_database_backend()
    }

    /// The first column of what a statement finds.
    async fn texts(&self, statement: &str) -> Vec<String> {
        let statement = Statement::from_string(self.backend(), statement.to_owned());
        let rows = self.app.database.reader().query_all_raw(statement).await.unwrap();
        rows.iter().map(|row| row.try_get_by_index(0).unwrap()).collect()
    }
}
