// The same machine in ink. The numbers are its variables, the timer is one too: ink has no clock,
// so the week's end is a choice. Lines and labels are those of scenario/scenario.yaml.
VAR heard = 0
VAR heat = 1
VAR trust = 2
VAR kept = 0
VAR extended = 0
VAR pause = false
VAR robin = "Robin"
VAR they = "they"
VAR Theirs = "Their"
VAR theirs = "their"
VAR plural = true

-> doorstep

=== function bound(low, high, value)
{ value < low:
  ~ return low
}
{ value > high:
  ~ return high
}
~ return value

=== function heat_by(amount)
~ heat = bound(0, 4, heat + amount)

=== function trust_by(amount)
~ trust = bound(0, 6, trust + amount)

=== function heard_by(amount)
~ heard = bound(0, 3, heard + amount)

=== anywhere
+ [I'd rather move out, Robin. No hard feelings. #move_out]
  You: I'd rather move out, Robin. No hard feelings.
  -> moved_out

=== doorstep
{robin} stands in the door of the kitchen with {theirs} arms crossed. #doorstep
{ heat >= 1: {robin}: We need to talk about the washing-up. }
{ heat == 0: {robin}: Shall we try that again? }
<- anywhere
+ [Tell me. What is it like for you? #ask]
  You: Tell me. What is it like for you?
  ~ heard_by(1)
  -> listening
+ [You never do it either. #blame]
  You: You never do it either.
  ~ heat_by(1)
  -> storm

=== listening
{robin}: I come home late and the sink is full. It has been {heard == 1: one week|several weeks}. #listening
{ heat >= 1: They {plural: look|looks} at the floor. }
-> choices
= choices
<- anywhere
+ [Nod and wait #nod]
  You nod, and wait.
  ~ heat_by(-1)
  -> choices
+ { heard < 3 } [So you clean up after both of us, and nobody asked you whether you would. #reflect]
  You: So you clean up after both of us, and nobody asked you whether you would.
  ~ heard_by(1)
  -> listening
+ { heard >= 2 } [You are right. That was my part. #own_up]
  You: You are right. That was my part.
  -> apology
+ [I had exams, what did you expect? #defend]
  You: I had exams, what did you expect?
  ~ heat_by(1)
  -> storm

=== storm
~ trust_by(-1)
{Theirs} voice gets louder, and so does yours. #storm
{ heat >= 2: {robin}: You are not even listening! }
-> choices
= choices
<- leave
+ { heat < 4 } [I am listening! #shout]
  You: I am listening!
  ~ heat_by(1)
  -> choices
+ [Stop. I'm sorry, I'm getting loud. Can we start over? #cool_down]
  You: Stop. I'm sorry, I'm getting loud. Can we start over?
  ~ heat_by(-1)
  ~ heat_by(-1)
  -> doorstep
= leave
+ [I'd rather move out, Robin. No hard feelings. #move_out]
  You: I'd rather move out, Robin. No hard feelings.
  ~ heat_by(-1)
  -> moved_out

=== apology
{robin}: {~Go on.|I'm listening.|And?} #apology
-> choices
= choices
<- anywhere
+ [I left it to you for weeks, and I saw that I did. #take_responsibility]
  You: I left it to you for weeks, and I saw that I did.
  ~ heat_by(-1)
  -> choices
+ [I'm sorry, but you could have said something. #but_you]
  You: I'm sorry, but you could have said something.
  ~ heat_by(2)
  ~ heard_by(-1)
  -> storm
+ [Would you give me another chance? #ask_for_chance]
  You: Would you give me another chance?
  { trust >= 3:
    {robin}: Yes. One.
    -> second_chance
  - else:
    {robin}: I need a week of quiet first.
    -> space
  }

=== space
~ pause = true
You keep out of each other's way. {robin} {plural: have|has} asked for a quiet week. #space
-> choices
= choices
<- anywhere
+ { pause and trust >= 1 } [Are we good yet? #write_anyway]
  You: Are we good yet?
  ~ trust_by(-1)
  -> choices
+ [A week goes by #pause_over]
  ~ pause = false
  ~ trust_by(1)
  A week has gone by.
  -> review

=== review
{robin}: So. Here we are again. #review
{ trust < 2: {robin}: I'm not sure yet. }
{ trust >= 2: {robin}: It was good to have some air. }
<- anywhere
+ { trust >= 2 } [I'd like us to be a team again. #come_back]
  You: I'd like us to be a team again.
  -> second_chance
+ { extended < 1 } [Let's take one more week. #extend]
  You: Let's take one more week.
  ~ extended = bound(0, 1, extended + 1)
  -> space

=== second_chance
{robin}: All right. Show me. #second_chance
There are {trust} points on the list that {they} {plural: keep|keeps} on the fridge.
<- anywhere
+ [I'll do tonight's dishes. Now. #keep_promise]
  You: I'll do tonight's dishes. Now.
  ~ trust_by(1)
  -> second_chance
+ [Tomorrow. I promise. #break_promise]
  You: Tomorrow. I promise.
  ~ trust_by(-2)
  ~ heat_by(1)
  -> storm
+ { trust >= 3 } [Let's write down who does what. #make_plan]
  You: Let's write down who does what.
  -> planning

=== planning
{robin}: Mondays and Thursdays are bad for me. #planning
You draw a table with seven columns.
<- anywhere
+ [Then I take Mondays and Thursdays. #agree]
  You: Then I take Mondays and Thursdays.
  -> rota
+ [They are bad for me too. #quarrel]
  You: They are bad for me too.
  ~ heat_by(1)
  -> storm

=== rota
The table hangs on the fridge, with {kept} {kept == 1: tick|ticks} beside your name. #rota
{ kept >= 2: {robin}: This works. }
<- anywhere
+ [My turn today. #do_your_share]
  You: My turn today.
  ~ kept = bound(0, 3, kept + 1)
  -> rota
+ { kept >= 2 } [Come along to Kim and Lee's on Saturday? #visit_friends]
  You: Come along to Kim and Lee's on Saturday?
  -> friends

=== friends
Kim has cooked for eight, and you are four. #friends
{ trust >= 3: {robin}: Do you remember the flood on the third floor? }
<- anywhere
+ [We bailed with a salad bowl until three in the morning. #remember]
  You: We bailed with a salad bowl until three in the morning.
  ~ trust_by(1)
  -> memory
+ [Who wants more rice? #change_subject]
  You: Who wants more rice?
  -> home

=== memory
{robin}: And you sang. Badly. #memory
{robin} {plural: laugh|laughs} for the first time in weeks.
<- anywhere
+ [Let's walk home along the canal. #go_home]
  You: Let's walk home along the canal.
  -> home

=== home
The kitchen is clean, and somebody has left the light on. #home
{ trust >= 3: {robin}: Good night. }
<- anywhere
+ [A year later there is a pan in the sink. #begin_again]
  You: A year later there is a pan in the sink.
  ~ heard = 0
  ~ heat = 1
  ~ trust = 2
  ~ kept = 0
  ~ extended = 0
  -> doorstep

=== moved_out
{robin}: I'll miss the singing. #moved_out
-> END
