"""Sentences as a language model might write them about the seed article, each with the number of a passage it names.

Written by hand from the article alone: the true ones say what it says in other words, the false ones what it does
not say. The rules of `assistant.checking` were improved on TRUE and FALSE; HELD_TRUE and HELD_FALSE were written after
that and no rule was changed for them.
"""

from __future__ import annotations

TRUE = """
1 The two leaders met in Tokyo on a Tuesday
1 Takaichi is a member of the Liberal Democratic Party
1 Trump and Takaichi put their signatures to an agreement on rare earths and other critical minerals
1 The accord creates a framework for securing the mining and processing of essential minerals
1 Japan is the second stop on Trump's week-long tour of Asia
1 China recently chose to tighten its export controls on such materials
1 These materials are vital for many kinds of products
1 Both countries want to use coordinated economic policies and investments to speed up the development of markets for \
critical minerals
1 According to the White House, the two nations will cooperate on developing liquid and fair markets
2 The agreement's goal is to help both nations achieve resilience and security in their supply chains for \
critical minerals
2 Takaichi called the security ties between the countries the “largest alliance in the world”
2 She said that Japan was ready to contribute to world peace and stability
2 Trump and Takaichi watched part of a World Series game on live television before their meeting
2 A British newspaper reported that the two watched a baseball game
2 Takaichi said she would put Trump forward for the Nobel Peace Prize
2 Trump has wanted the Nobel Peace Prize since returning to the presidency
3 Takaichi congratulated Trump on his role in bringing about a ceasefire in Gaza
3 Takaichi praised Trump's part in the ceasefire between Thailand and Cambodia
2 Thailand and Cambodia have a territorial dispute
3 The leaders spoke several times of Shinzo Abe, a former Japanese prime minister
3 Trump built a close relationship with Abe during his first term
3 Like Abe, Takaichi opposes China's growing military power in the region
3 Takaichi thanked Trump for his friendship with Abe
3 Trump referred to Abe as a “great friend”
3 Trump said he had heard good things about Takaichi well before she became prime minister
3 She gave him a golf bag with Hideki Matsuyama's signature
3 Trump also received a club that had been Shinzo Abe's
3 They signed a cap reading “Japan is back”
4 Trump travels to South Korea on Wednesday, October 29
4 Trump will meet China's president Xi Jinping on Thursday
4 In recent weeks, tariffs and the interruption of trade in minerals and technology have heated up the climate between \
the two largest world powers
4 Trump told journalists that he has “much respect for President Xi”
2 The agreement document is 420 kB in size
1 The framework document is a 65 kB PDF
1 Takaichi was recently elected Prime Minister of Japan
1 The Japanese leader promised a “new golden age” in relations with the United States
1 Tokyo was where the two leaders held their meeting
1 They discussed a “new golden age” for the alliance of their countries
1 Takaichi pledged a new golden age in Japan's relationship with the US
1 Trump came to Japan as part of a trip to Asia that takes seven days
1 Besides rare earths, the framework covers other essential minerals
1 The agreement follows a Chinese decision to restrict exports of these materials more tightly
1 Rare earths are crucial for a broad range of products
1 The US and Japan intend to work together through coordinated investments
1 They hope to accelerate the growth of diverse markets for rare earths
1 The official statement came from the White House
2 Takaichi described the two countries' security relationship as the largest alliance in the world
2 In Takaichi's words, Japan is “ready to contribute to world peace and stability”
2 Before they met, the two leaders saw a live broadcast from the World Series
2 In the closed-door talks, Takaichi said Trump would be nominated for the Nobel Peace Prize
2 Trump has been after this honor since he returned to the US presidency
2 Some experts play down Trump's role
3 Takaichi congratulated the US president for helping to obtain a ceasefire in Gaza
2 A territorial dispute involves Thailand and Cambodia
3 Speaking to journalists, the leaders mentioned Shinzo Abe several times
3 Abe was formerly Prime Minister of Japan
3 Takaichi takes the same stance as Abe on China's military power
3 She expressed her thanks to Trump for his “lasting friendship” with Abe
3 Takaichi presented the American president with a golf bag that Hideki Matsuyama signed
3 One of the gifts was a club that Abe had owned
3 The two also signed a Japanese version of the MAGA cap
3 MAGA stands for “Make America Great Again”
4 Trump is due to see Xi Jinping on October 30
4 Xi Jinping belongs to the Chinese Communist Party
4 Relations between the two biggest powers have become tense because of tariffs
4 Trump spoke to reporters before he landed in Tokyo
"""

FALSE = """
2 The Guardian reported that they watched baseball together
2 According to the Financial Times, the leaders saw a baseball broadcast
2 They watched a game featuring Shohei Ohtani
2 The broadcast starred the baseball player Ohtani
3 Takaichi is Japan's first woman prime minister
3 Last Tuesday Takaichi became the country's first female head of government
3 Abe was assassinated in 2022
3 Takaichi thanked Trump for his friendship with the late Abe, who was shot dead
3 The murder of Abe was mentioned by the leaders
3 Abe died in 2022
4 South Korea's president Lee Jae-myung will receive Trump
1 Trump and Takaichi met in Kyoto
1 They met on October 27, 2025
1 The trip to Asia lasts ten days
1 Japan is the third leg of Trump's trip
1 China decided to relax its export controls on rare earths
1 The agreement bans the mining of rare earths
2 Takaichi refused to nominate Trump for the Nobel Peace Prize
2 Trump said he would nominate Takaichi for the Nobel Peace Prize
3 Trump gave Takaichi a golf bag
3 The golf bag was signed by Tiger Woods
3 The club belonged to Hideki Matsuyama
3 They signed a cap with the words “America is back”
3 Takaichi welcomed China's growing military power
4 Xi and Trump are to meet on Wednesday
4 Trump heads to North Korea on Wednesday
2 The agreement is a PDF of 420 MB
4 Trump has little respect for President Xi
2 Trump stopped seeking the Nobel Peace Prize after his return to the presidency
3 Takaichi congratulated Trump for the ceasefire in Ukraine
3 Trump had a close relationship with Abe during his second term
1 The leaders signed a trade deal on cars and steel
1 The White House declined to comment on the agreement
2 The Japanese prime minister criticised the security relationship with the United States
2 Experts agree that Trump deserves the prize
4 The tariffs have calmed the climate between the two powers
1 The United States alone will develop the markets for critical minerals
1 Takaichi belongs to the Republican Party
1 The statement was issued by the Pentagon
2 The British daily The Times wrote that they watched baseball
2 BBC reported that the two watched a World Series game
2 The game featured the Dodgers' Shohei Ohtani
3 No woman had led Japan before Takaichi
3 Takaichi is the first woman to govern Japan
3 Takaichi thanked Trump for his friendship with Abe, who was killed by a gunman
3 Abe's assassination was recalled by the leaders
3 After Abe was shot, Trump stayed friends with Takaichi
4 Trump is expected to meet President Lee in South Korea
1 They met in Tokyo on October 29
1 The meeting took place in Washington
1 The two signed five agreements on rare earths
1 The framework is about oil and natural gas
1 Japan decided to tighten its export controls
2 Takaichi said Japan was not ready to contribute to world peace
2 The alliance was described as the oldest in the world
1 The White House denied that the countries would cooperate
2 The objective is to weaken the supply chains of China
3 Takaichi thanked Abe for his friendship with Trump
3 Trump congratulated Takaichi for a ceasefire in Gaza
3 Takaichi rejects Abe's stance against China
3 Abe described Trump as a great friend
3 The golf bag belonged to Shinzo Abe
3 Trump gave the Japanese prime minister a cap
3 They wore MAGA caps during dinner
3 Xi Jinping gave Trump a golf bag
4 Trump will visit South Korea on Thursday
4 Trump called Xi an enemy
4 Tariffs were abolished in recent weeks
2 The document is 65 pages long
2 Trump won the Nobel Peace Prize
1 Takaichi never met Trump
"""

HELD_TRUE = """
1 The presidents' talks about a new golden age took place in Tokyo
1 Trump is visiting Japan during a seven-day Asian trip
1 The two leaders signed a deal meant to ensure the processing of rare earths
1 China's decision on export controls came shortly before the agreement
1 Export controls on the materials are being tightened by China
1 The White House released an official statement about the plan
1 Japan and the United States want liquid and fair markets for critical minerals
1 The meeting was on October 28, 2025
1 The first document is a PDF of 65 kilobytes
2 The agreement is meant to help both countries make the supply chains of critical minerals secure
2 Takaichi thinks of the alliance as the largest in the world
2 Japan is prepared to contribute to peace and stability in the world
2 An excerpt of a World Series game was watched by Trump and Takaichi
2 The broadcast that they saw was live
2 Takaichi told Trump in private that he would be nominated for the Nobel Peace Prize
2 The Nobel Peace Prize is an honor that Trump has sought
2 Gaza was the subject of a ceasefire
3 The leaders referred to Shinzo Abe several times when they spoke to journalists
3 Abe and Trump had a close relationship
3 Takaichi and Abe share a stance on China's growing military power
3 Trump called Abe his “great friend”
3 Hideki Matsuyama's signature is on the golf bag
3 The Japanese prime minister's presents were a golf bag and a club
3 The cap bears the words “Japan is back”
4 After Japan, Trump goes to South Korea
4 Trump expects to meet Xi on Thursday
4 Tariffs have heated up the climate between the two powers
4 The republican says that he has much respect for Xi
"""

HELD_FALSE = """
1 The talks took place in Beijing
1 The trip to Asia takes nine days
1 Takaichi and Trump signed an agreement on nuclear weapons
1 China lifted its export controls on rare earths
1 The agreement was signed on October 30, 2025
1 The Supreme Court published a statement
1 The plan is to slow the development of markets for critical minerals
1 Takaichi is the president of the Republican Party
1 Trump promised to leave the alliance
1 The first document has 65 MB
2 The agreement will harm the supply chains of both countries
2 Takaichi called the alliance the smallest in the world
2 They saw a football match on television
2 The Washington Post reported that they watched the World Series
2 Shohei Ohtani hit a home run in the game
2 Takaichi said that Trump should not get the Nobel Peace Prize
2 Trump does not want the Nobel Peace Prize
2 All experts praise Trump's role
3 Takaichi, the first woman in the office, congratulated Trump
3 Shinzo Abe's assassin was mentioned
3 Trump never had a relationship with Abe
3 Takaichi supports China's growing military power
3 Takaichi called Abe a “great friend”
3 Trump gave Takaichi a club
3 The golf bag was signed by Shohei Ohtani
3 The cap bears the words “Make Japan Great Again”
4 Trump goes to South Korea on Friday
4 Trump will meet Kim Jong-un
4 Xi said that he has much respect for Trump
4 Trump stated that he has no respect for President Xi
"""


FILLED = """
2 The Guardian reported on the baseball broadcast
2 According to The Guardian, Trump and Takaichi watched a baseball game before the meeting
2 The two leaders watched the World Series, the Guardian says
2 It was the Guardian that told of the live broadcast
2 The newspaper that reported the broadcast is The Guardian
2 A World Series game was shown live (The Guardian)
2 The Guardian, a British newspaper, described how Trump and Takaichi watched baseball
2 The Telegraph reported that they watched a baseball game
2 They watched the Japanese star Shohei Ohtani
2 The Japanese star in the broadcast was Ohtani
3 Takaichi became the first woman prime minister of Japan
3 Last Tuesday Takaichi became the first woman prime minister
3 Takaichi is Japan's first woman prime minister
3 Takaichi is the first female prime minister in the history of Japan
3 On October 21 Takaichi became the first woman to lead Japan
3 Takaichi, the first woman to become Prime Minister of Japan, congratulated Trump
3 As Japan's first female leader, Takaichi congratulated Trump for his role in a ceasefire
3 The first woman prime minister of Japan thanked Trump
3 Takaichi is a woman
3 Takaichi became the new leader of the Liberal Democratic Party last Tuesday
3 Shinzo Abe was assassinated
3 Abe was assassinated in July 2022
3 Takaichi thanked Trump for his lasting friendship with Abe, who was assassinated
3 Takaichi thanked Trump for his “lasting friendship” with the assassinated Abe
3 Trump's friendship with Abe, assassinated years ago, was lasting
3 The leaders spoke of the assassination of Shinzo Abe
3 Former Prime Minister Shinzo Abe was killed
3 Abe, Trump's great friend, was shot and killed during a speech
3 Trump had a close relationship with Abe until his assassination
3 Abe has died
3 The late Shinzo Abe was Trump's great friend
4 Trump is expected to meet the South Korean president Lee Jae-myung
4 He will meet Lee, the president of South Korea, and Xi Jinping
"""
"""What fills a hole of the article, or names whom it leaves without a name: all of it must be caught."""


def listed(claims: str) -> list[tuple[int, str]]:
    """The claims of a list: the passage each names, and what it says."""
    lines = [line.partition(" ") for line in claims.strip().splitlines()]
    return [(int(number), said) for number, _, said in lines]
