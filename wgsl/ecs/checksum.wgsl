//! import lib/random.wgsl
// Folds one component of all entities into 128 bits: a hash per entity, keyed by its id and summed
// lane by lane, so that neither slot order nor thread order matters.
// shape: words per entity, component key, required mask bits, first lane of the totals, row length,
// and a bit for each word that is not padding.
const GROUPS = 512u;
const ROWS = 64u;

var<workgroup> partial: array<vec4<u32>, WORKGROUP_SIZE>;

fn digest(slot: u32, id: u32) -> vec4<u32> {
    // Hashed first: else id 0 with value 1 and id 1 with value 0 would look alike.
    var state = pcg4d(vec4<u32>(id, shape[1], 0x9e3779b9u, shape[0]));
    for (var word = 0u; word < shape[0]; word++) {
        if (((shape[5] >> word) & 1u) == 1u) { state[word & 3u] ^= column[slot * shape[0] + word]; }
        if ((word & 3u) == 3u) { state = pcg4d(state); }
    }
    return pcg4d(state);
}

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    var sum = vec4<u32>(0u);
    for (var slot = group.x * WORKGROUP_SIZE + lane; slot < tick.slots; slot += WORKGROUP_SIZE * GROUPS) {
        let who = entity[slot];
        if ((who.y & shape[2]) == shape[2]) { sum += digest(slot, who.x); }
    }
    partial[lane] = sum;
    for (var half = WORKGROUP_SIZE / 2u; half > 0u; half /= 2u) {
        workgroupBarrier();
        if (lane < half) { partial[lane] += partial[lane + half]; }
    }
    workgroupBarrier();
    if (lane < 4u) {
        let row = (tick.index % ROWS) * shape[4];
        atomicAdd(&totals[row + shape[3] + lane], partial[0][lane]);
    }
}
