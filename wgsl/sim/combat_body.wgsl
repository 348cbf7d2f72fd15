//! import sim/combat_traits.wgsl
// What agents see of the entity of an index; zero where nothing with a Position is.
fn body_of(id: u32) -> vec4<i32> {
    if (id >= arrayLength(&combat_body)) { return vec4<i32>(0); }
    return combat_body[id];
}
