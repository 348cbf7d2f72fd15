// Turns counts into starts (an exclusive prefix sum) and clears the counts for the next tick.
// Each workgroup adds up the sums of the blocks before its own, so that no second level is needed.
var<workgroup> partial: array<u32, WORKGROUP_SIZE>;
var<workgroup> before: u32;

fn add_all(lane: u32) {
    for (var half = WORKGROUP_SIZE / 2u; half > 0u; half /= 2u) {
        workgroupBarrier();
        if (lane < half) { partial[lane] += partial[lane + half]; }
    }
    workgroupBarrier();
}

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let block = group.y * FOLD + group.x;
    if (block >= GRID_BLOCKS) { return; }
    var sum = 0u;
    for (var i = lane; i < block; i += WORKGROUP_SIZE) { sum += grid_sums[i]; }
    partial[lane] = sum;
    add_all(lane);
    if (lane == 0u) { before = partial[0]; }
    workgroupBarrier();

    let at = (block * WORKGROUP_SIZE + lane) * 2u;
    let low = grid_count[at];
    let high = grid_count[at + 1u];
    grid_count[at] = vec4<u32>(0u);
    grid_count[at + 1u] = vec4<u32>(0u);
    let own = low.x + low.y + low.z + low.w + high.x + high.y + high.z + high.w;
    partial[lane] = own;
    workgroupBarrier();
    for (var reach = 1u; reach < WORKGROUP_SIZE; reach *= 2u) { // inclusive scan of the lanes (Hillis and Steele)
        var left = 0u;
        if (lane >= reach) { left = partial[lane - reach]; }
        workgroupBarrier();
        partial[lane] += left;
        workgroupBarrier();
    }
    let start = before + partial[lane] - own;
    let a = vec4<u32>(start, start + low.x, start + low.x + low.y, start + low.x + low.y + low.z);
    let middle = a.w + low.w;
    let b = vec4<u32>(middle, middle + high.x, middle + high.x + high.y, middle + high.x + high.y + high.z);
    grid_start[at] = a;
    grid_start[at + 1u] = b;
}
