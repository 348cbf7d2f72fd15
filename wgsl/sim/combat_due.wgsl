//! import sim/combat_traits.wgsl
// Lists the blasts that explode in this tick, by ascending entity index, and spends them. Of more
// than the list holds the others stay due, for the next tick.
//   combat_blasts[0].x: how many; [1 + 2 i]: place and radius; [2 + 2 i]: damage, team it spares
// A thread loops at most MAX_BLASTS / 256 times as often as there are blasts due.
const LANES = WORKGROUP_SIZE;
const NONE = 0xffffffffu;
const MAX_RADIUS = 64 << 16u;

var<workgroup> found: u32;
var<workgroup> least: atomic<u32>;

fn put(at: u32, v: vec4<i32>) {
    combat_blasts[4u * at] = v.x;
    combat_blasts[4u * at + 1u] = v.y;
    combat_blasts[4u * at + 2u] = v.z;
    combat_blasts[4u * at + 3u] = v.w;
}

/// Write one blast to place n, and spend it.
fn list_blast(slot: u32, n: u32) {
    let b = blast[slot];
    put(1u + 2u * n, vec4<i32>(position[slot].xyz, clamp(b.radius, 0, MAX_RADIUS)));
    put(2u + 2u * n, vec4<i32>(min(b.damage, MOST), team_trait(b.spares) / TEAM, 0, 0));
    blast[slot].damage = 0;
}

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(local_invocation_index) lane: u32) {
    if (lane == 0u) { found = u32(combat_blasts[3]); }
    let due = workgroupUniformLoad(&found);
    let listed = min(due, u32(MAX_BLASTS));
    var first = 0u; // least index that is not listed yet
    for (var n = 0u; n < listed; n++) {
        if (lane == 0u) { atomicStore(&least, NONE); }
        workgroupBarrier();
        var best = NONE;
        var slot = 0u;
        for (var i = lane; i < due; i += LANES) {
            let id = entity[combat_due[i]].x;
            if (id >= first && id < best) {
                best = id;
                slot = combat_due[i];
            }
        }
        if (best != NONE) { atomicMin(&least, best); }
        workgroupBarrier();
        let chosen = atomicLoad(&least);
        if (best == chosen) { list_blast(slot, n); } // one lane: indices differ
        first = chosen + 1u;
        workgroupBarrier();
    }
    if (lane == 0u) {
        combat_blasts[0] = i32(listed);
        combat_blasts[3] = 0;
    }
}
