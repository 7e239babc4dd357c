//! What the policy costs: 5,000 trivial fields of a list of objects, without an extension, with one that does nothing,
//! and with the policy engine. Divide by 5,000 for the cost of a field.

use std::hint::black_box;
use std::sync::Arc;

use async_graphql::extensions::{Extension, ExtensionContext, ExtensionFactory, NextResolve, ResolveInfo};
use async_graphql::{EmptyMutation, EmptySubscription, Object, Request, Schema, ServerResult, Value};
use chrono::DateTime;
use criterion::{Criterion, criterion_group, criterion_main};
use rolegate::access::role::Role;
use rolegate::access::viewer::Viewer;
use rolegate::graphql::access::Role as RoleName;
use rolegate::graphql::policy::directives::{authenticated, has_role};
use rolegate::graphql::policy::install;
use tokio::runtime::Builder;
use uuid::Uuid;

const ROWS: i32 = 1000;

struct Query;

#[Object]
impl Query {
    #[graphql(directive = authenticated::apply())]
    async fn rows(&self) -> Option<Vec<Row>> {
        Some((0..ROWS).map(Row).collect())
    }
}

struct Row(i32);

/// Five fields: with `rows`' thousand items, 5,000 fields in an answer.
#[Object(directive = authenticated::apply())]
impl Row {
    async fn id(&self) -> i32 {
        self.0
    }
    async fn double(&self) -> i32 {
        self.0 * 2
    }
    #[graphql(directive = has_role::apply(RoleName::Manager))]
    async fn half(&self) -> Option<i32> {
        Some(self.0 / 2)
    }
    async fn square(&self) -> Option<i32> {
        self.0.checked_mul(self.0)
    }
    async fn is_even(&self) -> bool {
        self.0 % 2 == 0
    }
}

struct NoOp;

impl ExtensionFactory for NoOp {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(Self)
    }
}

#[async_graphql::async_trait::async_trait]
impl Extension for NoOp {
    async fn resolve(
        &self,
        ctx: &ExtensionContext<'_>,
        info: ResolveInfo<'_>,
        next: NextResolve<'_>,
    ) -> ServerResult<Option<Value>> {
        next.run(ctx, info).await
    }
}

fn policy(criterion: &mut Criterion) {
    let runtime = Builder::new_current_thread().build().expect("a runtime without a reactor always starts");
    let build = || Schema::build(Query, EmptyMutation, EmptySubscription);
    let schemas = [
        ("no extension", build().finish()),
        ("no-op extension", build().extension(NoOp).finish()),
        ("policy engine", install(build()).expect("the schema is ruled").finish()),
    ];
    let manager = Viewer::User {
        user_id: Uuid::from_u128(1),
        session_id: Uuid::from_u128(2),
        role: Role::Manager,
        expires_at: DateTime::<chrono::Utc>::MAX_UTC,
    };
    let mut group = criterion.benchmark_group("5000 fields");
    for (name, schema) in schemas {
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                let request = Request::new("{ rows { id double half square isEven } }").data(manager.clone());
                let response = runtime.block_on(schema.execute(request));
                assert!(response.is_ok(), "{:?}", response.errors);
                black_box(response)
            });
        });
    }
    group.finish();
}

criterion_group!(benches, policy);
criterion_main!(benches);
