"""A file that uses everything, and a factory that understands it."""

from astraweave_ai.tree import Context, Input, Output, TreeFactory

# Canonical: every node, both forms, all conditions, sub-trees with ports, models, comments.
EVERYTHING = """<?xml version="1.0" encoding="UTF-8"?>
<!-- A guard's day. -->
<root BTCPP_format="4" main_tree_to_execute="Main">
  <BehaviorTree ID="Main">
    <!-- first of all -->
    <Sequence name="day &amp; night" _description="what it does" _onHalted="halted := 1">
      <Script code="msg := 'hello'; n := 2; mode := 'alert'; heat := RED"/>
      <SetBlackboard value="{msg}" output_key="copy"/>
      <SetBlackboard value="12" output_key="n"/>
      <UnsetBlackboard key="copy"/>
      <Action ID="Say" name="greet" message="{msg}" loud="{=}" said="{said}" _skipIf="n &lt; 2"/>
      <Condition ID="IsNear" distance="2.5" _failureIf="n == 0 &amp;&amp; heat" _while="n != 99"/>
      <IsNear distance="2.5" _successIf="n == 12"/>
      <ScriptCondition code="n == 12" _onSuccess="seen := 1" _post="done := &quot;yes&quot;"/>
      <Inverter _onSuccess="seen += 1">
        <AlwaysFailure _onFailure="seen += 1"/>
      </Inverter>
      <Control ID="Parallel" success_count="1" failure_count="2">
        <AlwaysSuccess/>
        <AlwaysFailure/>
      </Control>
      <ParallelAll max_failures="-1">
        <AlwaysSuccess/>
        <Sleep msec="20"/>
      </ParallelAll>
      <SequenceWithMemory>
        <AlwaysSuccess/>
      </SequenceWithMemory>
      <ReactiveSequence>
        <AlwaysSuccess/>
        <SubTree ID="Patrol" name="west" goal="{n}" speed="1.5" _autoremap="false"/>
      </ReactiveSequence>
      <Fallback>
        <AlwaysFailure/>
        <SubTree ID="Patrol" goal="{n}" _autoremap="true" _skipIf="n == 1"/>
      </Fallback>
      <ReactiveFallback>
        <AlwaysFailure/>
        <AlwaysSuccess/>
      </ReactiveFallback>
      <IfThenElse>
        <AlwaysSuccess/>
        <AlwaysSuccess/>
        <AlwaysFailure/>
      </IfThenElse>
      <WhileDoElse>
        <AlwaysFailure/>
        <AlwaysFailure/>
        <AlwaysSuccess/>
      </WhileDoElse>
      <Switch2 variable="{mode}" case_1="calm" case_2="alert">
        <AlwaysFailure/>
        <AlwaysSuccess/>
        <AlwaysFailure/>
      </Switch2>
      <Switch3 variable="{heat}" case_1="BLUE" case_2="1" case_3="{n}">
        <AlwaysFailure/>
        <AlwaysSuccess/>
        <AlwaysFailure/>
        <AlwaysFailure/>
      </Switch3>
      <Switch4 variable="{none}" case_1="1" case_2="2" case_3="3" case_4="4">
        <AlwaysFailure/>
        <AlwaysFailure/>
        <AlwaysFailure/>
        <AlwaysFailure/>
        <AlwaysSuccess/>
      </Switch4>
      <Switch5 variable="12.0" case_1="{n}" case_2="2" case_3="3" case_4="4" case_5="5">
        <AlwaysSuccess/>
        <AlwaysFailure/>
        <AlwaysFailure/>
        <AlwaysFailure/>
        <AlwaysFailure/>
        <AlwaysFailure/>
      </Switch5>
      <Switch6 variable="6" case_1="1" case_2="2" case_3="3" case_4="4" case_5="5" case_6="6">
        <AlwaysFailure/>
        <AlwaysFailure/>
        <AlwaysFailure/>
        <AlwaysFailure/>
        <AlwaysFailure/>
        <AlwaysSuccess/>
        <AlwaysFailure/>
      </Switch6>
      <Decorator ID="Inverter">
        <AlwaysFailure/>
      </Decorator>
      <ForceSuccess>
        <ForceFailure>
          <AlwaysSuccess/>
        </ForceFailure>
      </ForceSuccess>
      <Repeat num_cycles="3">
        <Script code="n += 1"/>
      </Repeat>
      <RetryUntilSuccessful num_attempts="{n}">
        <ScriptCondition code="(n -= 1) &lt; 10"/>
      </RetryUntilSuccessful>
      <ForceSuccess>
        <Timeout msec="30">
          <KeepRunningUntilFailure>
            <AlwaysSuccess/>
          </KeepRunningUntilFailure>
        </Timeout>
      </ForceSuccess>
      <Delay delay_msec="10">
        <Cooldown msec="1000">
          <RunOnce then_skip="false">
            <AlwaysSuccess/>
          </RunOnce>
        </Cooldown>
      </Delay>
      <Precondition if="n &lt; 10" else="FAILURE">
        <AlwaysSuccess/>
      </Precondition>
    </Sequence>
  </BehaviorTree>
  <BehaviorTree ID="Patrol">
    <Script code="result := goal * 2; _private := frame; @all := result"/>
  </BehaviorTree>
  <TreeNodesModel>
    <Action ID="Say">
      <input_port name="message" type="std::string">What to say, &lt;b&gt; or not.</input_port>
    </Action>
    <SubTree ID="Patrol">
      <input_port name="frame" default="map"/>
      <output_port name="result" default="{found}"/>
    </SubTree>
  </TreeNodesModel>
</root>
<!-- the end -->
"""


def everything_factory(rate: int = 100) -> TreeFactory:
    made = TreeFactory(rate)
    made.enum({"RED": 1, "BLUE": 2})

    @made.action("Say", message=Input(str), loud=Input(bool, False), said=Output())
    def say(context: Context) -> bool:
        context["said"] = context["message"] + ("!" if context["loud"] else "")
        return True

    @made.condition("IsNear", distance=Input(float))
    def near(context: Context) -> bool:
        return bool(context["distance"] < 3)

    return made
