//! API keys in the configuration.

use crate::set;

#[test]
fn api_keys_end_some_day_and_are_so_many_at_most() {
    insta::assert_snapshot!(set("api_keys.max_lifetime", "30d").refused(), @"`api_keys.default_lifetime` (default) must not be above `api_keys.max_lifetime`.");
    insta::assert_snapshot!(set("api_keys.max_lifetime", "4000d").refused(), @"`api_keys.max_lifetime` (--set) is 4000d and must be from 1m to 3650d.");
    insta::assert_snapshot!(set("api_keys.max_per_user", "101").refused(), @"`api_keys.max_per_user` (--set) is 101 and must be from 0 to 100.");
    assert_eq!(set("api_keys.max_per_user", "0").load().config.api_keys.max_per_user, 0);
}
