package main

import (
	"math/rand/v2"
	"slices"
)

// newcomerCount is how many customers the second wave adds behind the first. What the first one made stays as it is.
const newcomerCount = 1000

// How many newcomers prefer so many agents (index): 150 none, the others 45, 35 and 20 in 100.
var newcomersByPreferred = []int{150, 383, 297, 170}

// How many of 100 newcomers come mostly with the work of each queue.
var newcomerShares = []int{technical: 25, billing: 25, sales: 13, moving: 19, business: 10, complaints: 8}

// makeNewcomers makes the second wave of customers and their rows. Whom they prefer evens out whom the first wave prefers, by how much an agent
// can hold for each of their queues: capacity does not bind agents who are preferred (RT-3), so few must not be asked by too many.
func (g *generator) makeNewcomers(seed uint64) {
	g.random = rand.New(rand.NewPCG(seed, secondWave))
	g.people = slices.Concat(peoples, morePeoples)
	for range newcomerCount {
		g.makeContact(newcomerShares)
	}
	popularity := make([]int, agentCount)
	for n, agent := range g.centre.Agents {
		popularity[n] = 12 * (1 + *agent.CapacityUnits) / max(1, len(g.queues[n]))
		for _, row := range g.centre.Matrix {
			if slices.Contains(row.Agents, agent.ID) {
				popularity[n]--
			}
		}
		popularity[n] = max(1, popularity[n])
	}
	for n, length := range g.shuffled(newcomersByPreferred) {
		if place := contactCount + n; length > 0 {
			g.addRow(g.centre.Contacts[place].ID, g.preferred(g.home[place], length, popularity))
		}
	}
}

// morePeoples are the names that the second wave draws from besides those of the first.
var morePeoples = []people{
	{weight: 90,
		given: words(`Abigail Barnaby Clementine Desmond Eleanor Felix Gemma Howard Isla Jonah Kitty Leonard Miriam Noel Olive Piers Rhoda
			Silas Thea Vernon`),
		family: words(`Applegarth Birtwhistle Cartmell Dewhurst Elphick Fairclough Greenhalgh Haverhill Ibbotson Kershaw Lockwood Marchbanks
			Nuttall Oakeshott Postlethwaite Rowbotham Shuttleworth Thistlewood Upjohn Wolstenholme`)},
	{weight: 30,
		given:  words(`Dörte Eberhard Friederike Hartmut Irmgard Klaus Liselotte Reinhold Sabine Volker`),
		family: words(`Achterberg Dannenberg Eichinger Falkenhagen Grünewald Hagedorn Kirchhöfer Lindemann Mönnich Stührmann`)},
	{weight: 36,
		given:  words(`Niccolò/Niccolo Giulia Matteo Chiara Lorenzo Ilaria Davide Beatrice Tommaso Martina`),
		family: words(`Bellandi Cortesi D'Angelo Fabbri Gentilini Lombardini Marchetti Pellegrini Rossetti Santoro`)},
	{weight: 28,
		given:  words(`Joost Maarten Femke Saskia Thijs Loes Ruben Anouk Geert Marijke`),
		family: words(`de-Ridder van-Eijk Hoogland Bosveld Zijlstra Kuipers Terpstra Vermaas Wagenaar Brouwer`)},
	{weight: 22,
		given:  words(`Amélie Baptiste Clémence Émilien Gaëlle Lucien Margaux Rémi`),
		family: words(`Aubertin Boisselier Carpentier Delattre Fontanel Garrigues Marchandeau Villeneuve`)},
	{weight: 16,
		given:  words(`Alejandra Joaquín Pilar Rodrigo Ximena Leandro`),
		family: words(`Cárdenas Escudero Fuentealba Manrique Olivares Villaseñor`)},
	{weight: 14,
		given:  words(`Ștefan/Stefan Ioana Răzvan Mihaela Bogdan Anca`),
		family: words(`Ionescu Țurcanu/Turcanu Dumitrașcu/Dumitrascu Lăzărescu Munteanu Vântu`)},
	{weight: 10,
		given:  words(`Jiří/Jiri Vojtěch/Vojtech Ondřej/Ondrej Zdeněk/Zdenek Radek Luboš/Lubos`),
		family: words(`Dvořák/Dvorak Svoboda Procházka/Prochazka Kučera/Kucera Veselý Horáček/Horacek`)},
	{weight: 10,
		given:  words(`Šárka/Sarka Zdeňka/Zdenka Tereza Kateřina/Katerina Ludmila Eliška/Eliska`),
		family: words(`Dvořáková/Dvorakova Svobodová Procházková/Prochazkova Kučerová/Kucerova Veselá Horáčková/Horackova`)},
	{weight: 14,
		given:  words(`Aino Eero Helmi Juhani Tuulikki Väinö/Vaino`),
		family: words(`Korhonen Nieminen Lehtonen Hämäläinen/Hamalainen Rantanen Salonen`)},
	{weight: 16,
		given:  words(`Adebayo Chidinma Ngozi Babatunde Folake Emeka`),
		family: words(`Adeyemi Okonkwo Balogun Eze Nwosu Afolabi`)},
	{weight: 9,
		given:  words(`Радослав/Radoslav Цветан/Tsvetan Емил/Emil Борислав/Borislav`),
		family: words(`Георгиев/Georgiev Димитров/Dimitrov Стоянов/Stoyanov Христов/Hristov`)},
	{weight: 8,
		given:  words(`Անահիտ/Anahit Արմեն/Armen Լիլիթ/Lilit Տիգրան/Tigran`),
		family: words(`Պետրոսյան/Petrosyan Սարգսյան/Sargsyan Հակոբյան/Hakobyan Գրիգորյան/Grigoryan`)},
	{weight: 8,
		given:  words(`অনন্যা/Ananya তানভীর/Tanvir শর্মিলা/Sharmila রফিক/Rafiq`),
		family: words(`রহমান/Rahman চৌধুরী/Chowdhury দাস/Das সরকার/Sarkar`)},
	{weight: 8,
		given:  words(`አበበ/Abebe ሰላም/Selam ዳዊት/Dawit ሄለን/Helen`),
		family: words(`ተስፋዬ/Tesfaye በቀለ/Bekele ገብሬ/Gebre ወልዴ/Welde`)},
}
